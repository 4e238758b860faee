package dev.slipway.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.slipway.cache.LayerRecord;
import dev.slipway.error.ErrorKind;
import dev.slipway.oci.Digest;
import dev.slipway.protocol.worker.MadeBlob;
import dev.slipway.protocol.worker.PushEvent;
import dev.slipway.protocol.worker.PushLayers;
import dev.slipway.protocol.worker.PushOutcome;
import dev.slipway.protocol.worker.ReadPath;
import dev.slipway.protocol.worker.ReadPathOutcome;
import dev.slipway.protocol.worker.StepStatus;
import dev.slipway.protocol.worker.WorkerMessage;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** What the fleet asks of a worker, and what comes of it when the worker is silent or leaves. */
class WorkerQuestionsTest extends FleetFixture {
  @Test
  void pushReportsProgressAndLearnsTheBlobs() throws Exception {
    FakeWorker worker = dial(TOKEN);
    worker.join(FakeWorker.hello("w1", "snap:a"));
    List<String> progress = new CopyOnWriteArrayList<>();
    Future<PushOutcome> push =
        callers.submit(() ->
            fleet.push(
                "w1", PushLayers.getDefaultInstance(), status -> progress.add(status.getId())));
    String id = worker.next().getPushLayers().getPushId();

    worker.say(
        WorkerMessage.newBuilder()
            .setPushEvent(
                PushEvent.newBuilder()
                    .setPushId(id)
                    .setStatus(StepStatus.newBuilder().setId("pushing")))
            .build());
    MadeBlob blob =
        MadeBlob.newBuilder()
            .setLayerId("snap:a")
            .setDiffId(Digest.ofText("d").value())
            .setDigest(Digest.ofText("b").value())
            .setSize(3)
            .setMediaType("m")
            .build();
    worker.say(
        WorkerMessage.newBuilder()
            .setPushOutcome(PushOutcome.newBuilder().setPushId(id).addBlobs(blob))
            .build());

    assertThat(push.get().getBlobsList()).containsExactly(blob);
    assertThat(progress).containsExactly("pushing");
    LayerRecord layer = index.layers(List.of("snap:a")).get("snap:a");
    assertThat(layer.blob())
        .contains(new LayerRecord.Blob(Digest.ofText("d"), Digest.ofText("b"), 3, "m"));
    assertThat(layer.holders()).containsExactly("w1");
  }

  @Test
  void pushFailsWithWhatTheWorkerSaid() throws Exception {
    FakeWorker worker = dial(TOKEN);
    worker.join(FakeWorker.hello("w1"));
    Future<PushOutcome> push =
        callers.submit(() -> fleet.push("w1", PushLayers.getDefaultInstance(), _ -> {}));
    String id = worker.next().getPushLayers().getPushId();

    worker.say(
        WorkerMessage.newBuilder()
            .setPushOutcome(
                PushOutcome.newBuilder().setPushId(id).setError("403").setErrorKind("DENIED"))
            .build());

    assertFailure(push, ErrorKind.DENIED, "403");
  }

  @Test
  void silentPushTimesOutAndIsCancelledAtTheWorker() throws Exception {
    server.close();
    start(
        new FleetConfig(
            Duration.ofSeconds(10),
            Duration.ofMillis(200),
            Duration.ofSeconds(10),
            Duration.ofMillis(100),
            Duration.ofMinutes(10)));
    FakeWorker worker = dial(TOKEN);
    worker.join(FakeWorker.hello("w1"));
    Future<PushOutcome> push =
        callers.submit(() -> fleet.push("w1", PushLayers.getDefaultInstance(), _ -> {}));
    String id = worker.next().getPushLayers().getPushId();

    assertFailure(push, ErrorKind.UNAVAILABLE, "push at worker w1 gave no sign of life for 0.2 s");
    assertThat(worker.next().getCancelPush().getPushId()).isEqualTo(id);
    assertThatThrownBy(() -> fleet.read("w1", ReadPath.newBuilder().setPath("/etc/passwd").build()))
        .hasMessage("read of /etc/passwd at worker w1 did not end in 0.1 s");
  }

  @Test
  void interruptedPushIsCancelledAtTheWorker() throws Exception {
    FakeWorker worker = dial(TOKEN);
    worker.join(FakeWorker.hello("w1"));
    Future<PushOutcome> push =
        callers.submit(() -> fleet.push("w1", PushLayers.getDefaultInstance(), _ -> {}));
    String id = worker.next().getPushLayers().getPushId();

    push.cancel(true);

    assertThat(worker.next().getCancelPush().getPushId()).isEqualTo(id);
  }

  @Test
  void questionsToAWorkerThatLeavesFail() throws Exception {
    FakeWorker worker = dial(TOKEN);
    worker.join(FakeWorker.hello("w1"));
    Future<PushOutcome> push =
        callers.submit(() -> fleet.push("w1", PushLayers.getDefaultInstance(), _ -> {}));
    worker.next();

    worker.close();

    assertFailure(push, ErrorKind.UNAVAILABLE, "worker w1 has left the farm");
  }

  @Test
  void readsAPath() throws Exception {
    FakeWorker worker = dial(TOKEN);
    worker.join(FakeWorker.hello("w1"));
    Future<ReadPathOutcome> read =
        callers.submit(
            () -> fleet.read("w1", ReadPath.newBuilder().setPath("/etc/os-release").build()));
    ReadPath asked = worker.next().getReadPath();

    ByteString content = ByteString.copyFromUtf8("x".repeat(8 << 20));
    worker.say(
        WorkerMessage.newBuilder()
            .setReadPathOutcome(
                ReadPathOutcome.newBuilder().setRequestId(asked.getRequestId()).setData(content))
            .build());

    assertThat(asked.getPath()).isEqualTo("/etc/os-release");
    assertThat(read.get().getData()).isEqualTo(content);
  }
}
