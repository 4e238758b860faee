package dev.slipway.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ElfFormatTest {
  @Test
  void registersArm64AsQemuDoes() {
    assertThat(format("qemu-aarch64").registration("/usr/bin/qemu-aarch64-static"))
        .isEqualTo(
            ":qemu-aarch64:M::\\x7f\\x45\\x4c\\x46\\x02\\x01\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x02\\x00\\xb7\\x00"
                + ":\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\x00\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xfe\\xff\\xff\\xff"
                + ":/usr/bin/qemu-aarch64-static:POCF");
  }

  @Test
  void writesBigEndianHeaders() {
    assertThat(format("qemu-s390x").registration("/q"))
        .contains("\\x02\\x02\\x01", "\\x00\\x02\\x00\\x16:", "\\xff\\xfe\\xff\\xff:/q");
  }

  private static ElfFormat format(String name) {
    return ElfFormat.ALL.stream()
        .filter(format -> format.name().equals(name))
        .findFirst()
        .orElseThrow();
  }
}
