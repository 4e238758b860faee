package dev.slipway.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.slipway.compatibility.Area;
import dev.slipway.compatibility.Feature;
import dev.slipway.config.EgressSettings;
import dev.slipway.error.SlipwayException;
import dev.slipway.graph.ExecMeta;
import dev.slipway.graph.Op;
import dev.slipway.oci.Platform;
import java.io.ByteArrayOutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Real containers; needs to run as a worker does, inside rootlesskit, with runc and a static
 * busybox on the machine.
 */
class SandboxIT {
  /** Of what takes milliseconds, on a machine that runs other tests; the steps sleep for 100 s. */
  private static final Duration SOON = Duration.ofSeconds(5);

  private static final Path BUSYBOX = Path.of("/usr/bin/busybox");

  @TempDir Path directory;
  private Path root;
  private Readiness readiness;
  private NetworkPool networks;
  private Sandbox sandbox;
  private final ByteArrayOutputStream output = new ByteArrayOutputStream();
  private final ByteArrayOutputStream standardOutput = new ByteArrayOutputStream();

  @BeforeEach
  void startSandbox() throws Exception {
    readiness = Readiness.probe("runc");
    assumeTrue(
        readiness.missing().isEmpty() && Files.exists(BUSYBOX),
        () -> "not where a worker runs: " + readiness.missing());
    root = Files.createDirectories(directory.resolve("root"));
    Files.createDirectories(root.resolve("bin"));
    Files.copy(BUSYBOX, root.resolve("bin/busybox"), StandardCopyOption.COPY_ATTRIBUTES);
    for (String applet :
        List.of(
            "sh",
            "cat",
            "ls",
            "id",
            "sleep",
            "hostname",
            "wget",
            "nslookup",
            "dd",
            "touch",
            "mount",
            "unshare",
            "seq",
            "grep",
            "readlink")) {
      Files.createSymbolicLink(root.resolve("bin").resolve(applet), Path.of("busybox"));
    }
    networks =
        new NetworkPool(
            directory.resolve("net"),
            readiness.egress(),
            Unreachable.around(List.of("127.0.0.1:1")));
    sandbox = new Sandbox(new SandboxConfig("runc", directory.resolve("sandbox")), networks);
  }

  @AfterEach
  void stopSandbox() {
    if (networks != null) {
      networks.close();
    }
  }

  @Test
  void runsACommandAndLeavesNoStubs() throws Exception {
    Files.createDirectory(root.resolve("etc"));
    Files.setLastModifiedTime(root.resolve("etc"), FileTime.fromMillis(1000));

    ExecExit exit =
        run(Op.Network.NONE, "echo hello; hostname; cat /etc/hosts; echo oops >&2; id -u");

    assertThat(exit).isEqualTo(new ExecExit.Exited(0));
    // The two streams are two pipes: only within one of them there is an order.
    assertThat(standardOutput.toString(StandardCharsets.UTF_8))
        .contains("hello\nbuildkitsandbox\n")
        .contains("127.0.0.1\tlocalhost buildkitsandbox");
    assertThat(text()).contains("oops");
    assertThat(root.resolve("etc")).isEmptyDirectory();
    assertThat(Files.getLastModifiedTime(root.resolve("etc")).toMillis()).isEqualTo(1000);
  }

  @Test
  @Feature(value = "exec: set-user-id programs", area = Area.LLB)
  void aSetUserIdProgramGetsNoMoreThanTheStepsRoot() throws Exception {
    Files.createDirectories(root.resolve("etc"));
    Files.writeString(
        root.resolve("etc/passwd"), "root::0:0::/:/bin/sh\nuser:x:1000:1000::/:/bin/sh\n");
    Files.copy(BUSYBOX, root.resolve("bin/gain"));
    Files.setAttribute(root.resolve("bin/gain"), "unix:mode", 04755);
    Files.createSymbolicLink(root.resolve("bin/su"), Path.of("gain"));
    String script =
        "id -u; /bin/su -c 'id -u; grep ^CapPrm: /proc/self/status; mount -t tmpfs x /'";

    sandbox.run(
        spec(withUser(shell(script), "user"), List.of(), Op.Network.NONE, Optional.empty()),
        this::collect);

    assertThat(standardOutput.toString(StandardCharsets.UTF_8))
        .as(text())
        .isEqualTo("1000\n0\nCapPrm:\t00000000a80425fb\n");
    assertThat(text()).contains("mount: permission denied");
  }

  @Test
  @Feature(value = "exec: security insecure", area = Area.LLB)
  void anInsecureStepHasAllThatTheWorkersNamespaceAllows() throws Exception {
    String script =
        "mount -t tmpfs x /bin/../tmp && echo mounted; grep -E '^(CapEff|Seccomp):' /proc/self/status;"
            + " cat /proc/timer_list >/dev/null 2>&1; ls -ld /proc/sys >/dev/null && echo end";
    Files.createDirectories(root.resolve("tmp"));

    ExecExit exit =
        sandbox.run(
            insecure(spec(shell(script), List.of(), Op.Network.NONE, Optional.empty())),
            this::collect);

    String all = Files.readString(Path.of("/proc/self/status"));
    String bounding = all.substring(all.indexOf("CapBnd:") + 7).lines().findFirst().orElseThrow();
    assertThat(exit).isEqualTo(new ExecExit.Exited(0));
    assertThat(standardOutput.toString(StandardCharsets.UTF_8))
        .contains("mounted\n", "CapEff:\t" + bounding.strip(), "Seccomp:\t0");
  }

  @Test
  @Feature(value = "exec: network host", area = Area.LLB)
  void aStepOnTheHostsNetworkIsInTheWorkersOwn() throws Exception {
    String own = Files.readSymbolicLink(Path.of("/proc/self/ns/net")).toString();

    run(Op.Network.HOST, "readlink /proc/self/ns/net; hostname");
    run(Op.Network.NONE, "readlink /proc/self/ns/net");

    List<String> lines = standardOutput.toString(StandardCharsets.UTF_8).lines().toList();
    assertThat(lines.get(0)).isEqualTo(own);
    assertThat(lines.get(1)).isEqualTo("buildkitsandbox");
    assertThat(lines.get(2)).isNotEqualTo(own);
  }

  @Test
  @Feature(value = "exec: working directory that is missing", area = Area.LLB)
  void aWorkingDirectoryThatIsMissingIsMadeForWhoRunsThere() throws Exception {
    ExecMeta meta = shell("pwd; touch file");
    ExecMeta below =
        new ExecMeta(
            meta.arguments(),
            List.of(),
            "/work/below",
            "7:8",
            "",
            List.of(),
            List.of(),
            List.of(),
            List.of());

    ExecExit exit =
        sandbox.run(spec(below, List.of(), Op.Network.NONE, Optional.empty()), this::collect);

    assertThat(exit).as(text()).isEqualTo(new ExecExit.Exited(0));
    assertThat(Files.getAttribute(root.resolve("work"), "unix:uid")).isEqualTo(7);
    assertThat(Files.getAttribute(root.resolve("work/below/file"), "unix:gid")).isEqualTo(8);
  }

  @Test
  @Feature(value = "exec: removal of mount points", area = Area.LLB)
  void directoriesAroundAMountPointStayWhereNobodyAskedToRemoveThem() throws Exception {
    List<SandboxMount> mounts = List.of(new SandboxMount.Tmpfs("/outer/inner", 0, false));
    ExecMeta meta = shell("true");
    ExecMeta keeping =
        new ExecMeta(
            meta.arguments(),
            List.of(),
            "/",
            "",
            "",
            List.of(),
            List.of(),
            List.of(),
            List.of(),
            "",
            false);

    sandbox.run(spec(keeping, mounts, Op.Network.NONE, Optional.empty()), this::collect);
    assertThat(root.resolve("outer")).isEmptyDirectory();
    Files.delete(root.resolve("outer"));

    sandbox.run(spec(meta, mounts, Op.Network.NONE, Optional.empty()), this::collect);
    assertThat(root.resolve("outer")).doesNotExist();
  }

  @Test
  void tellsExitCodes() throws Exception {
    assertThat(run(Op.Network.NONE, "exit 42")).isEqualTo(new ExecExit.Exited(42));
    assertThat(run(Op.Network.NONE, "sh -c 'kill -9 $$'; exit $?"))
        .isEqualTo(new ExecExit.Exited(137));
  }

  @Test
  void tellsOfACommandThatIsNotThere() throws Exception {
    ExecExit exit =
        sandbox.run(
            spec(meta(List.of("/nope")), List.of(), Op.Network.NONE, Optional.empty()),
            this::collect);

    assertThat(exit).isEqualTo(new ExecExit.Exited(1));
    assertThat(text()).contains("no such file or directory");
  }

  @Test
  void killsEverythingAfterItsTime() throws Exception {
    long start = System.nanoTime();

    ExecExit exit =
        sandbox.run(
            spec(
                shell("sleep 100 & sleep 100"),
                List.of(),
                Op.Network.NONE,
                Optional.of(Duration.ofMillis(300))),
            this::collect);

    assertThat(exit).isEqualTo(new ExecExit.TimedOut());
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(SOON);
    assertThat(directory.resolve("sandbox/state")).isEmptyDirectory();
  }

  @Test
  void anInterruptKillsTheContainer() throws Exception {
    List<Throwable> ended = new ArrayList<>();
    Thread thread =
        Thread.ofVirtual()
            .start(() -> {
              try {
                run(Op.Network.NONE, "echo up; sleep 100");
              } catch (Exception e) {
                ended.add(e);
              }
            });
    Awaitility.await().until(() -> text().contains("up"));

    thread.interrupt();

    assertThat(thread.join(SOON)).isTrue();
    assertThat(ended).singleElement().isInstanceOf(InterruptedException.class);
    assertThat(directory.resolve("sandbox/state")).isEmptyDirectory();
  }

  @Test
  void hasEgressAndNoWayToHostLoopback() throws Exception {
    assumeTrue(readiness.egress());
    try (var server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      run(
          Op.Network.SANDBOX,
          "cat /etc/resolv.conf; wget -T 2 -qO- http://10.0.2.2:"
              + server.getLocalPort()
              + " || echo closed; ls /sys/class/net");
    }
    assertThat(text())
        .contains("nameserver 10.0.2.3")
        .contains("closed")
        .contains("tap0")
        .doesNotContain("eth0");
  }

  @Test
  void reachesWhatTheRulesAllowAndNothingElse() throws Exception {
    assumeTrue(readiness.egress());
    networks.bar(
        Unreachable.configured(new EgressSettings(List.of("192.0.2.0/24"), List.of("0.0.0.0/0"))));

    run(
        Op.Network.SANDBOX,
        "for to in 192.0.2.1 198.51.100.1; do busybox ip route get $to || echo no route to $to; done");

    assertThat(text()).contains("192.0.2.1 via 10.0.2.2").contains("no route to 198.51.100.1");
  }

  @Test
  void machinesThatJoinAreBarredFromNetworksThatAreThereAndThoseThatLeaveAreNot() throws Exception {
    assumeTrue(readiness.egress());
    String ask = "busybox ip route get 198.51.100.1 || echo no route";
    run(Op.Network.SANDBOX, ask);
    assertThat(text()).contains("198.51.100.1 via 10.0.2.2").doesNotContain("no route");

    networks.bar(Unreachable.around(List.of("198.51.100.1:8081")));
    run(Op.Network.SANDBOX, ask);
    assertThat(text()).containsOnlyOnce("198.51.100.1 via 10.0.2.2").contains("no route");

    networks.bar(Unreachable.around(List.of("198.51.100.2:8081")));
    run(Op.Network.SANDBOX, ask);
    assertThat(text()).containsOnlyOnce("no route").endsWith("src 10.0.2.100 \n");
  }

  @Test
  @Feature(value = "exec: network none", area = Area.LLB)
  void withoutNetworkThereIsLoopbackOnly() throws Exception {
    run(Op.Network.NONE, "ls /sys/class/net");

    assertThat(text()).isEqualTo("lo\n");
  }

  @Test
  void mountsOverStubsThatGoAway() throws Exception {
    Path source = Files.createDirectory(directory.resolve("source"));
    Files.writeString(source.resolve("file"), "text");
    List<SandboxMount> mounts =
        List.of(
            new SandboxMount.Bind(source, "/mnt/in", true, false),
            new SandboxMount.Bind(source.resolve("file"), "/mnt/one", false, false),
            new SandboxMount.Tmpfs("/scratch/deep", 1 << 20, false));

    ExecExit exit =
        sandbox.run(
            spec(
                shell(
                    "cat /mnt/in/file /mnt/one; touch /mnt/in/x && echo bad; touch /scratch/deep/y && echo good"),
                mounts,
                Op.Network.NONE,
                Optional.empty()),
            this::collect);

    assertThat(exit).isEqualTo(new ExecExit.Exited(0));
    assertThat(text())
        .contains("texttext")
        .contains("good")
        .doesNotContain("bad")
        .contains("Read-only");
    assertThat(root.resolve("mnt")).doesNotExist();
    assertThat(root.resolve("scratch")).doesNotExist();
  }

  @Test
  @Feature(value = "exec: user of the image", area = Area.LLB)
  void runsAsAUserOfTheImage() throws Exception {
    Files.createDirectory(root.resolve("etc"));
    Files.writeString(
        root.resolve("etc/passwd"),
        "root:x:0:0::/root:/bin/sh\napp:x:1000:1001::/home/app:/bin/sh\n");
    Files.writeString(root.resolve("etc/group"), "app:x:1001:\nextra:x:2000:app\n");
    ExecMeta shell = shell("id -u; id -G; echo $HOME");

    sandbox.run(
        spec(withUser(shell, "app"), List.of(), Op.Network.NONE, Optional.empty()), this::collect);

    assertThat(text()).isEqualTo("1000\n1001 2000\n/home/app\n");
  }

  @Test
  void withSharedProcessesAStepRunsAndWhatItLeavesRunningEndsWithIt() throws Exception {
    sandbox = sharing();

    ExecExit exit =
        run(
            Op.Network.NONE,
            "sh -c 'trap \"\" TERM; sleep 7001' & (sleep 7001 &); echo hello; ls /proc | seq 1 1; touch /proc/sys/x || exit 3");

    assertThat(exit).isEqualTo(new ExecExit.Exited(3));
    assertThat(text()).contains("hello");
    assertThat(sleepers("7001")).isZero();
    assertThat(directory.resolve("sandbox/state")).isEmptyDirectory();
  }

  @Test
  void withSharedProcessesEverythingIsKilledAfterItsTime() throws Exception {
    sandbox = sharing();

    ExecExit exit =
        sandbox.run(
            spec(
                shell("sleep 7002 & (sleep 7002 &); sleep 7002"),
                List.of(),
                Op.Network.NONE,
                Optional.of(Duration.ofMillis(500))),
            this::collect);

    assertThat(exit).isEqualTo(new ExecExit.TimedOut());
    assertThat(sleepers("7002")).isZero();
    assertThat(directory.resolve("sandbox/state")).isEmptyDirectory();
  }

  @Test
  void withSharedProcessesAStepReadsNothingOfItsWorkersProcess() throws Exception {
    sandbox = sharing();
    long worker = ProcessHandle.current().pid();

    run(
        Op.Network.NONE,
        "ls /proc/%1$d/root/ || echo no root; cat /proc/%1$d/environ || echo no environment; cat /proc/%1$d/fd/1 || echo no files"
            .formatted(worker));

    assertThat(text()).contains("no root").contains("no environment").contains("no files");
  }

  private Sandbox sharing() throws java.io.IOException {
    return new Sandbox(
        new SandboxConfig("runc", directory.resolve("sandbox"), SandboxConfig.Processes.SHARED),
        networks);
  }

  private static long sleepers(String seconds) {
    return ProcessHandle.allProcesses()
        .filter(process -> process.info().commandLine().orElse("").contains("sleep " + seconds))
        .count();
  }

  @Test
  void refusesDangerousSystemCalls() throws Exception {
    run(
        Op.Network.NONE,
        "mount -t tmpfs none /bin || echo no-mount; unshare -U true || echo no-unshare");

    assertThat(text()).contains("no-mount").contains("no-unshare");
  }

  @Test
  void clipsEndlessOutputAndKeepsItsEnd() throws Exception {
    run(Op.Network.NONE, "dd if=/dev/zero bs=1024 count=3000 2>/dev/null; echo the-end; exit 1");

    assertThat(text())
        .contains("[output clipped, log limit 200KiB/s reached]")
        .endsWith("the-end\n");
  }

  @Test
  @Feature(value = "exec: another platform, emulated", area = Area.LLB)
  void runsABinaryOfAnotherPlatform() throws Exception {
    Path foreign = Path.of(System.getProperty("slipway.test.busybox.arm64", "/nonexistent"));
    assumeTrue(Files.exists(foreign));
    Binfmt.Platforms platforms = Binfmt.register(directory);
    assertThat(platforms.emulated()).contains(Platform.LINUX_ARM64);
    Files.copy(
        foreign,
        root.resolve("bin/busybox"),
        StandardCopyOption.REPLACE_EXISTING,
        StandardCopyOption.COPY_ATTRIBUTES);

    run(Op.Network.NONE, "busybox uname -m");

    assertThat(text()).isEqualTo("aarch64\n");
  }

  @Test
  void costsLittle() throws Exception {
    Op.Network network = Op.Network.SANDBOX;
    run(network, "true");
    long start = System.nanoTime();
    for (int i = 0; i < 20; i++) {
      run(network, "true");
    }
    long millis = (System.nanoTime() - start) / 20_000_000;
    assertThat(millis)
        .as("milliseconds of one exec on a loaded machine; 25 to 30 on an idle one")
        .isLessThan(250);
  }

  private ExecExit run(Op.Network network, String script)
      throws SlipwayException, InterruptedException {
    return sandbox.run(spec(shell(script), List.of(), network, Optional.empty()), this::collect);
  }

  private static ExecMeta shell(String script) {
    return meta(List.of("/bin/sh", "-c", script));
  }

  private static ExecMeta meta(List<String> arguments) {
    return new ExecMeta(
        arguments, List.of(), "/", "", "", List.of(), List.of(), List.of(), List.of());
  }

  private static ExecMeta withUser(ExecMeta meta, String user) {
    return new ExecMeta(
        meta.arguments(),
        meta.environment(),
        "/",
        user,
        "",
        List.of(),
        List.of(),
        List.of(),
        List.of());
  }

  private ExecSpec spec(
      ExecMeta meta, List<SandboxMount> mounts, Op.Network network, Optional<Duration> timeout) {
    return new ExecSpec("exec-" + UUID.randomUUID(), root, false, meta, mounts, network, timeout);
  }

  private static ExecSpec insecure(ExecSpec spec) {
    return new ExecSpec(
        spec.id(),
        spec.root(),
        spec.readOnlyRoot(),
        spec.meta(),
        spec.mounts(),
        spec.network(),
        spec.timeout(),
        true,
        List.of());
  }

  private synchronized void collect(int stream, byte[] data) {
    output.writeBytes(data);
    if (stream == ExecOutput.STDOUT) {
      standardOutput.writeBytes(data);
    }
  }

  private synchronized String text() {
    return output.toString(StandardCharsets.UTF_8);
  }
}
