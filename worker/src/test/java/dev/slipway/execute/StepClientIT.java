package dev.slipway.execute;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.slipway.compatibility.Area;
import dev.slipway.compatibility.Feature;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.graph.ExecMeta;
import dev.slipway.graph.Mount;
import dev.slipway.graph.Op;
import dev.slipway.graph.SecretEnvironment;
import dev.slipway.protocol.worker.StageOutcome;
import dev.slipway.protocol.worker.Step;
import dev.slipway.protocol.worker.StepAgent;
import dev.slipway.protocol.worker.StepSecret;
import dev.slipway.snapshot.StoredLayer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Secrets and agents of the build's client in real containers; runs where {@link StepMountsIT}
 * does.
 */
@Timeout(60)
class StepClientIT {
  private static final String VALUE = "hunter2";
  private static final StepSecret TOKEN =
      StepSecret.newBuilder()
          .setId("token")
          .setFound(true)
          .setValue(ByteString.copyFromUtf8(VALUE))
          .build();
  private static final StepSecret ABSENT = StepSecret.newBuilder().setId("absent").build();

  @TempDir Path root;
  private StepBench bench;

  @BeforeEach
  void startWorker() throws Exception {
    bench =
        new StepBench(
            root,
            _ -> {
              throw new SlipwayException(ErrorKind.UNAVAILABLE, "nobody connects here");
            });
  }

  @AfterEach
  void stopWorker() throws Exception {
    if (bench != null) {
      bench.close();
    }
  }

  @Test
  @Feature(value = "exec: secret mount", area = Area.LLB)
  void aSecretIsAFileInMemoryWithTheOwnerAndModeThatWereAskedFor() throws Exception {
    succeeds(
        run(
            "busybox cat /run/secrets/token; busybox stat -c ' %u %g %a' /run/secrets/token;"
                + " busybox touch /made",
            secret("token", 7, 8, 0440, false)));

    assertThat(bench.log()).isEqualTo(VALUE + " 7 8 440\n");
    for (StoredLayer layer : bench.store.inventory()) {
      assertThat(layer.directory().resolve("run")).doesNotExist();
    }
    assertNothingOnDiskHasTheSecret();
  }

  @Test
  void aSecretCannotBeWrittenOrRunByDefault() throws Exception {
    succeeds(
        run(
            "echo x >/run/secrets/token && exit 1; /run/secrets/token && exit 2; exit 0",
            secret("token", 0, 0, 0600, false)));
  }

  @Test
  @Feature(value = "exec: optional secret", area = Area.LLB)
  void anOptionalSecretThatTheClientLacksIsLeftOut() throws Exception {
    succeeds(
        run(
            "busybox ls /run/secrets/absent && exit 1; exit 0",
            secret("absent", 0, 0, 0400, true)));
  }

  @Test
  void aSecretThatTheClientLacksFailsTheStepOfThisBuildAlone() throws Exception {
    StageOutcome outcome = run("true", secret("absent", 0, 0, 0400, false));

    assertThat(outcome.getFailed().getMessage()).isEqualTo("secret absent: not found");
    assertThat(outcome.getFailed().getOfClient()).isTrue();
  }

  @Test
  @Feature(value = "exec: secret as a variable", area = Area.LLB)
  void secretsAreVariablesToo() throws Exception {
    succeeds(
        run(
            exec(
                "busybox env | busybox grep -E '^(TOKEN|NONE)='",
                List.of(),
                List.of(
                    new SecretEnvironment("token", "TOKEN", false),
                    new SecretEnvironment("absent", "NONE", true)))));

    assertThat(bench.log()).isEqualTo("TOKEN=hunter2\nNONE=\n");
    assertNothingOnDiskHasTheSecret();
  }

  @Test
  void aVariableThatTheClientLacksFailsTheStep() throws Exception {
    StageOutcome outcome =
        run(exec("true", List.of(), List.of(new SecretEnvironment("absent", "NONE", false))));

    assertThat(outcome.getFailed().getMessage()).isEqualTo("secret absent: not found");
  }

  @Test
  @Feature(value = "exec: ssh mount", area = Area.LLB)
  void anAgentIsASocketWithTheOwnerAndModeThatWereAskedFor() throws Exception {
    succeeds(
        run(
            "busybox stat -c '%F %u %g %a' /run/agent; busybox touch /made",
            new Mount(
                -1,
                "",
                "/run/agent",
                -1,
                false,
                new Mount.Kind.Ssh("default", 7, 8, 0600, false))));

    assertThat(bench.log()).isEqualTo("socket 7 8 600\n");
    for (StoredLayer layer : bench.store.inventory()) {
      assertThat(layer.directory().resolve("run")).doesNotExist();
    }
  }

  @Test
  void anAgentThatTheClientDoesNotShareIsLeftOutWhereItIsOptional() throws Exception {
    succeeds(
        run(
            "busybox ls /agent && exit 1; exit 0",
            new Mount(-1, "", "/agent", -1, false, new Mount.Kind.Ssh("other", 0, 0, 0600, true))));
    StageOutcome outcome =
        run(
            "true",
            new Mount(-1, "", "/agent", -1, false, new Mount.Kind.Ssh("other", 0, 0, 0600, false)));

    assertThat(outcome.getFailed().getMessage()).isEqualTo("unset ssh forward key other");
  }

  private void assertNothingOnDiskHasTheSecret() throws Exception {
    try (Stream<Path> files = Files.walk(root)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        assertThat(Files.readString(file, StandardCharsets.ISO_8859_1))
            .as(file.toString())
            .doesNotContain(VALUE);
      }
    }
  }

  private StageOutcome run(String script, Mount mount) {
    return run(exec(script, List.of(mount), List.of()));
  }

  private StageOutcome run(Op.Exec exec) {
    return bench.run(
        exec,
        Step.newBuilder()
            .addSecrets(TOKEN)
            .addSecrets(ABSENT)
            .addAgents(StepAgent.newBuilder().setId("default").setToken("the token"))
            .addAgents(
                StepAgent.newBuilder().setId("other").setRefusal("unset ssh forward key other")));
  }

  private void succeeds(StageOutcome outcome) {
    assertThat(outcome.hasSucceeded()).as(outcome + bench.log()).isTrue();
  }

  private static Mount secret(String id, int uid, int gid, int mode, boolean optional) {
    return new Mount(
        -1,
        "",
        "/run/secrets/" + id,
        -1,
        false,
        new Mount.Kind.Secret(id, uid, gid, mode, optional));
  }

  private static Op.Exec exec(String script, List<Mount> more, List<SecretEnvironment> secrets) {
    List<Mount> mounts =
        new ArrayList<>(List.of(new Mount(0, "", "/", 0, false, new Mount.Kind.Bind())));
    mounts.addAll(more);
    ExecMeta meta =
        new ExecMeta(
            List.of("/bin/sh", "-c", script),
            List.of(),
            "/",
            "",
            "",
            List.of(),
            List.of(),
            List.of(),
            List.of());
    return new Op.Exec(meta, mounts, Op.Network.NONE, false, secrets);
  }
}
