package dev.slipway.sandbox;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What the machine offers a worker.
 *
 * @param missing what the worker cannot do without, a sentence each with the remedy
 * @param degraded what works less well here, a sentence each
 * @param egress whether build steps can have a network of their own
 */
public record Readiness(List<String> missing, List<String> degraded, boolean egress) {
  /**
   * Ids of an image's users and groups, 0 to nobody (65534); fewer cannot own its files. A pod with
   * a user namespace of its own has 65,536, of which the worker's own becomes 0 and 0 stays unused.
   */
  private static final long IDS_NEEDED = 65_535;

  private static final long ALL_IDS = 4_294_967_295L;

  public Readiness {
    missing = List.copyOf(missing);
    degraded = List.copyOf(degraded);
  }

  /** Looks at the machine; starts nothing. */
  public static Readiness probe(String runtime) throws IOException {
    List<String> missing = new ArrayList<>();
    List<String> degraded = new ArrayList<>();
    List<long[]> map = idMap(Files.readString(Path.of("/proc/self/uid_map")));
    boolean root = Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0);
    if (isInitial(map)) {
      missing.add(
          root
              ? "the worker refuses to run as real root: start it as an ordinary user inside rootlesskit, as `./slipway up` does"
              : "the worker needs a user namespace of its own: start it inside rootlesskit, as `./slipway up` does");
    } else if (!root) {
      missing.add(
          "the worker is not root of its user namespace: start it inside rootlesskit, as `./slipway up` does");
    } else if (map.stream().mapToLong(range -> range[2]).sum() < IDS_NEEDED) {
      missing.add(
          "the user namespace has too few ids: install newuidmap (package uidmap) and give the user 65536 subordinate ids in /etc/subuid and"
              + " /etc/subgid");
    }
    if (runtime.startsWith("/")
        ? !Files.isExecutable(Path.of(runtime))
        : Binfmt.onPath(runtime).isEmpty()) {
      missing.add(
          "the OCI runtime "
              + runtime
              + " is not installed: install runc, or name another with --runtime");
    }
    boolean egress = true;
    if (Binfmt.onPath("slirp4netns").isEmpty()) {
      egress = false;
      degraded.add("slirp4netns is not installed: build steps share the host's network");
    }
    for (String program : List.of("ip", "nsenter")) {
      if (Binfmt.onPath(program).isEmpty()) {
        egress = false;
        degraded.add(
            program
                + " is not installed (packages iproute2, util-linux): build steps share the host's network");
      }
    }
    if (!opens(Path.of("/dev/net/tun"))) {
      egress = false;
      degraded.add(
          "/dev/net/tun cannot be opened: build steps share the host's network (as root: chmod 666 /dev/net/tun)");
    }
    if (ElfFormat.ALL.stream()
        .noneMatch(format -> Binfmt.onPath(format.interpreter()).isPresent())) {
      degraded.add(
          "no emulator is installed: only native platforms are built (package qemu-user-static)");
    }
    return new Readiness(missing, degraded, egress);
  }

  /**
   * Returns when nothing needed is missing.
   *
   * @throws SlipwayException UNSUPPORTED with one line per missing thing
   */
  public void require() throws SlipwayException {
    if (!missing.isEmpty()) {
      throw new SlipwayException(ErrorKind.UNSUPPORTED, String.join("\n", missing));
    }
  }

  /** Ranges of user_namespaces(7), /proc/pid/uid_map: first id inside, first id outside, length. */
  static List<long[]> idMap(String text) {
    return text.lines()
        .map(line -> Arrays.stream(line.trim().split("\\s+")).mapToLong(Long::parseLong).toArray())
        .toList();
  }

  static boolean isInitial(List<long[]> map) {
    return map.size() == 1
        && map.getFirst()[0] == 0
        && map.getFirst()[1] == 0
        && map.getFirst()[2] == ALL_IDS;
  }

  private static boolean opens(Path device) {
    try (FileChannel _ =
        FileChannel.open(device, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      return true;
    } catch (IOException _) {
      return false;
    }
  }
}
