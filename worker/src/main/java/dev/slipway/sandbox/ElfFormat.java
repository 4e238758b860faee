package dev.slipway.sandbox;

import dev.slipway.oci.Platform;
import java.util.List;
import java.util.Optional;

/**
 * How the kernel recognises a foreign binary, and who runs it. ELF header, e_ident and e_machine:
 * System V ABI, chapter 4.
 *
 * @param name of the registration
 * @param interpreter name of the emulator's program
 * @param bits 32 or 64
 * @param machine e_machine
 * @param platforms what it runs
 */
record ElfFormat(
    String name,
    String interpreter,
    int bits,
    boolean bigEndian,
    int machine,
    List<Platform> platforms) {
  /** Every platform that is emulated where its emulator is installed. */
  static final List<ElfFormat> ALL =
      List.of(
          little("qemu-x86_64", "qemu-x86_64-static", 64, 0x3e, "amd64"),
          little("qemu-aarch64", "qemu-aarch64-static", 64, 0xb7, "arm64"),
          little("qemu-arm", "qemu-arm-static", 32, 0x28, "arm/v7", "arm/v6"),
          little("qemu-i386", "qemu-i386-static", 32, 0x03, "386"),
          little("qemu-riscv64", "qemu-riscv64-static", 64, 0xf3, "riscv64"),
          little("qemu-ppc64le", "qemu-ppc64le-static", 64, 0x15, "ppc64le"),
          new ElfFormat(
              "qemu-s390x",
              "qemu-s390x-static",
              64,
              true,
              0x16,
              List.of(Platform.parse("linux/s390x"))),
          little("qemu-mips64el", "qemu-mips64el-static", 64, 0x08, "mips64le"),
          little("qemu-loongarch64", "qemu-loongarch64-static", 64, 0x102, "loong64"));

  private static ElfFormat little(
      String name, String interpreter, int bits, int machine, String... platforms) {
    return new ElfFormat(
        name,
        interpreter,
        bits,
        false,
        machine,
        List.of(platforms).stream().map(p -> Platform.parse("linux/" + p)).toList());
  }

  /** What the machine runs itself, by the JDK's name of its architecture. */
  static Optional<Platform> ofMachine(String osArch) {
    return switch (osArch) {
      case "amd64", "x86_64" -> Optional.of(Platform.LINUX_AMD64);
      case "aarch64" -> Optional.of(Platform.LINUX_ARM64);
      case "riscv64", "s390x", "ppc64le" -> Optional.of(Platform.parse("linux/" + osArch));
      default -> Optional.empty();
    };
  }

  /**
   * The line that registers it, with flags POCF: argv[0] stays (P), the binary is opened by the
   * kernel (O), runs with its own credentials (C), and the interpreter is opened now, so that no
   * container needs it (F). Kernel, admin-guide/binfmt-misc.rst.
   */
  String registration(String interpreterPath) {
    int[] magic = new int[20];
    int[] mask = new int[20];
    int[] head = {0x7f, 'E', 'L', 'F', bits == 64 ? 2 : 1, bigEndian ? 2 : 1, 1};
    System.arraycopy(head, 0, magic, 0, head.length);
    for (int i = 0; i < mask.length; i++) {
      mask[i] = 0xff;
    }
    mask[7] = 0; // any operating system ABI
    int high = bigEndian ? 0 : 1;
    int low = 1 - high;
    magic[16 + low] = 2; // ET_EXEC, or with the last bit masked ET_DYN
    mask[16 + low] = 0xfe;
    magic[18 + low] = machine & 0xff;
    magic[18 + high] = machine >> 8;
    return ":"
        + name
        + ":M::"
        + escape(magic)
        + ":"
        + escape(mask)
        + ":"
        + interpreterPath
        + ":POCF";
  }

  private static String escape(int[] bytes) {
    StringBuilder text = new StringBuilder();
    for (int value : bytes) {
      text.append(String.format("\\x%02x", value));
    }
    return text.toString();
  }
}
