package dev.slipway.sandbox;

import dev.slipway.oci.Platform;
import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets foreign binaries run: a binfmt_misc of the worker's own user namespace (kernel 6.7 or
 * later), where nothing of the host is touched; else the host's registrations as they are.
 */
public final class Binfmt {
  private static final Logger LOG = LoggerFactory.getLogger(Binfmt.class);
  private static final Path MOUNT = Path.of("/proc/sys/fs/binfmt_misc");
  private static final long PROGRAM_SECONDS = 10;

  /** What the worker can run. */
  public record Platforms(List<Platform> nativeOnes, List<Platform> emulated) {
    public Platforms {
      nativeOnes = List.copyOf(nativeOnes);
      emulated = List.copyOf(emulated);
    }
  }

  private Binfmt() {}

  /**
   * Registers every emulator found on the PATH and returns what runs here.
   *
   * @param scratch a directory on which programs may be executed
   */
  public static Platforms register(Path scratch) throws InterruptedException {
    Platform machine =
        ElfFormat.ofMachine(System.getProperty("os.arch"))
            .orElseThrow(() ->
                new IllegalStateException(
                    "workers do not run on " + System.getProperty("os.arch")));
    List<Platform> nativeOnes = new ArrayList<>(List.of(machine));
    if (machine.equals(Platform.LINUX_AMD64) && runs32Bit(scratch)) {
      nativeOnes.add(Platform.parse("linux/386"));
    }
    boolean own = mountOwn();
    TreeSet<Platform> emulated = new TreeSet<>();
    for (ElfFormat format : ElfFormat.ALL) {
      if (format.platforms().stream().anyMatch(nativeOnes::contains)) {
        continue;
      }
      boolean registered = own ? registerOwn(format) : Files.exists(MOUNT.resolve(format.name()));
      if (registered) {
        emulated.addAll(format.platforms());
      }
    }
    return new Platforms(nativeOnes, List.copyOf(emulated));
  }

  private static boolean mountOwn() throws InterruptedException {
    try {
      Process mount =
          new ProcessBuilder("mount", "-t", "binfmt_misc", "binfmt_misc", MOUNT.toString())
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      if (mount.waitFor(PROGRAM_SECONDS, TimeUnit.SECONDS) && mount.exitValue() == 0) {
        return Files.isWritable(MOUNT.resolve("register"));
      }
      mount.destroyForcibly();
    } catch (IOException e) {
      LOG.atDebug().setCause(e).log("binfmt_misc not mounted");
    }
    return false;
  }

  private static boolean registerOwn(ElfFormat format) {
    Optional<Path> interpreter = onPath(format.interpreter());
    if (interpreter.isEmpty()) {
      return false;
    }
    if (Files.exists(MOUNT.resolve(format.name()))) {
      return true;
    }
    try {
      Files.write(
          MOUNT.resolve("register"),
          format.registration(interpreter.get().toString()).getBytes(StandardCharsets.ISO_8859_1),
          StandardOpenOption.WRITE);
      return true;
    } catch (IOException e) {
      LOG.atWarn()
          .addKeyValue("format", format.name())
          .addKeyValue("error", e.getMessage())
          .log("emulator not registered");
      return false;
    }
  }

  /** The program, where the PATH has it. */
  static Optional<Path> onPath(String program) {
    String path =
        Optional.ofNullable(System.getenv("PATH")).orElse("") + ":/usr/sbin:/usr/bin:/sbin:/bin";
    return List.of(path.split(File.pathSeparator)).stream()
        .filter(directory -> directory.startsWith("/"))
        .map(directory -> Path.of(directory, program))
        .filter(Files::isExecutable)
        .findFirst();
  }

  /** Whether the kernel runs 32-bit x86: asks it, with a program of nine bytes that exits. */
  private static boolean runs32Bit(Path scratch) throws InterruptedException {
    Path program = scratch.resolve("probe-386");
    try {
      Files.write(program, exitProgram());
      Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwx------"));
      Process process = new ProcessBuilder(program.toString()).start();
      return process.waitFor(PROGRAM_SECONDS, TimeUnit.SECONDS) && process.exitValue() == 0;
    } catch (IOException _) {
      return false; // exec format error: the kernel's no
    } finally {
      try {
        Files.deleteIfExists(program);
      } catch (IOException e) {
        LOG.atDebug().setCause(e).log("probe left behind");
      }
    }
  }

  private static byte[] exitProgram() {
    byte[] code = {
      (byte) 0xb8, 1, 0, 0, 0, 0x31, (byte) 0xdb, (byte) 0xcd, (byte) 0x80
    }; // mov eax,1; xor ebx,ebx; int 0x80
    int base = 0x08048000;
    int headers = 52 + 32;
    ByteBuffer elf = ByteBuffer.allocate(headers + code.length).order(ByteOrder.LITTLE_ENDIAN);
    elf.put(new byte[] {0x7f, 'E', 'L', 'F', 1, 1, 1, 0}).putLong(0);
    elf.putShort((short) 2)
        .putShort((short) 3)
        .putInt(1)
        .putInt(base + headers)
        .putInt(52)
        .putInt(0)
        .putInt(0);
    elf.putShort((short) 52)
        .putShort((short) 32)
        .putShort((short) 1)
        .putShort((short) 0)
        .putShort((short) 0)
        .putShort((short) 0);
    elf.putInt(1)
        .putInt(0)
        .putInt(base)
        .putInt(base)
        .putInt(headers + code.length)
        .putInt(headers + code.length)
        .putInt(5)
        .putInt(0x1000);
    elf.put(code);
    return elf.array();
  }
}
