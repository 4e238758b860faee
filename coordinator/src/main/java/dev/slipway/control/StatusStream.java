package dev.slipway.control;

import dev.slipway.error.SlipwayException;
import dev.slipway.identity.Principal;
import dev.slipway.progress.Progress.Event;
import dev.slipway.protocol.buildkit.control.StatusResponse;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ServerCallStreamObserver;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Semaphore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One reader of a build's progress, on a virtual thread of its own; a slow client slows only
 * itself.
 */
final class StatusStream {
  private static final Logger log = LoggerFactory.getLogger(StatusStream.class);

  /** How long a build may take to appear after somebody asks for its progress. */
  private static final Duration PATIENCE = Duration.ofSeconds(6);

  private final BuildJobs jobs;
  private final Principal reader;
  private final String ref;
  private final ServerCallStreamObserver<StatusResponse> client;
  private final Semaphore wakeUp = new Semaphore(0);

  private StatusStream(
      BuildJobs jobs,
      Principal reader,
      String ref,
      ServerCallStreamObserver<StatusResponse> client) {
    this.jobs = jobs;
    this.reader = reader;
    this.ref = ref;
    this.client = client;
  }

  /** Starts streaming and returns; must be called by the call's handler. */
  static void start(
      BuildJobs jobs,
      Principal reader,
      String ref,
      ServerCallStreamObserver<StatusResponse> client) {
    StatusStream stream = new StatusStream(jobs, reader, ref, client);
    Thread thread = Thread.ofVirtual().name("status-" + ref).unstarted(stream::run);
    client.setOnReadyHandler(stream.wakeUp::release);
    client.setOnCancelHandler(thread::interrupt);
    thread.start();
  }

  private void run() {
    try {
      BuildJob job = jobs.await(ref, PATIENCE);
      if (!reader.sees(job.context().tenant())) {
        throw new UnknownBuild(ref);
      }
      var news = job.progress().reader();
      for (List<Event> events = news.next(); !events.isEmpty(); events = news.next()) {
        while (!client.isReady()) {
          wakeUp.acquire();
        }
        client.onNext(StatusMessages.of(events));
      }
      client.onCompleted();
    } catch (InterruptedException _) {
      log.atDebug().addKeyValue("build", ref).log("status reader left");
    } catch (SlipwayException e) {
      client.onError(ErrorStatus.exception(e));
    } catch (StatusRuntimeException | IllegalStateException e) {
      log.atDebug().addKeyValue("build", ref).setCause(e).log("status not sent");
    }
  }
}
