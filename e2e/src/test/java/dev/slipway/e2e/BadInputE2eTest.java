package dev.slipway.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** What users get wrong, and what they are told. */
@OnSharedFarm
class BadInputE2eTest {
  private final Farm farm = SharedFarm.get();

  private String failure(BuildDirectory directory, String... flags) {
    Command.Result result = farm.buildx().build(directory.path(), flags);
    assertThat(result.exitCode()).as(result.output()).isNotZero();
    assertThat(result.output()).doesNotContain("Exception").doesNotContain("internal error");
    return result.output();
  }

  private String failure(String dockerfile, String... flags) {
    return failure(BuildDirectory.of(dockerfile), flags);
  }

  @Test
  void namesTheLineOfADockerfileThatDoesNotParse() {
    assertThat(failure("FROM busybox\nRUN [\"sh\", \n  \"-c\"\nCOPY <<EOF /x\nno end\n"))
        .contains("Dockerfile:");
  }

  @Test
  void namesAnInstructionThatDoesNotExist() {
    assertThat(failure("FROM busybox\nFETCH something\n"))
        .contains("FETCH")
        .contains("Dockerfile:2")
        .containsIgnoringCase("unknown instruction");
  }

  @Test
  void namesAFlagThatDoesNotExist() {
    assertThat(failure("FROM busybox\nCOPY --colour=red a b\n"))
        .contains("colour")
        .contains("Dockerfile:2");
  }

  @Test
  void namesATargetThatDoesNotExist() {
    assertThat(failure("FROM busybox AS base\n", "--target", "nosuch")).contains("nosuch");
  }

  @Test
  void refusesAnEmptyDockerfile() {
    assertThat(failure("# nothing here\n")).contains("file with no instructions");
  }

  @Test
  void namesTheFileThatCopyDoesNotFind() {
    assertThat(failure("FROM busybox\nCOPY missing.txt /\n"))
        .contains("missing.txt")
        .contains("not found");
  }

  @Test
  void showsTheStepThatFailedWithItsExitCode() {
    String output = failure("FROM busybox\nRUN echo before && exit 7\n", "--no-cache");

    assertThat(output)
        .contains("did not complete successfully: exit code: 7")
        .contains("Dockerfile:2")
        .contains("before")
        .contains(">>>");
  }

  @Test
  void namesAProgramThatDoesNotExist() {
    assertThat(failure("FROM busybox\nRUN [\"/no/such/program\"]\n"))
        .contains("/no/such/program")
        .contains("exit code: ");
  }

  @Test
  void namesABaseImageThatDoesNotExist() {
    assertThat(failure("FROM nosuch/image:1\n"))
        .contains("nosuch/image:1")
        .contains("Dockerfile:1");
  }

  @Test
  void namesAPlatformThatNobodyCanRun() {
    assertThat(
            failure(
                "FROM scratch\nCOPY Dockerfile /\nRUN [\"/x\"]\n", "--platform", "windows/arm64"))
        .contains("windows/arm64");
  }

  @Test
  void namesABaseImageThatLacksThePlatform() {
    assertThat(failure("FROM busybox\nRUN true\n", "--platform", "linux/riscv64"))
        .contains("riscv64");
  }

  @Test
  void refusesWhatIsNotThereYetInsteadOfIgnoringIt() {
    Command.Result result =
        farm.buildx()
            .build(BuildDirectory.of("FROM busybox\nRUN --security=insecure true\n").path());

    assertThat(result.exitCode()).isNotZero();
    assertThat(result.output())
        .containsAnyOf("not supported yet", "not allowed", "entitlement")
        .contains("Dockerfile:2");
  }
}
