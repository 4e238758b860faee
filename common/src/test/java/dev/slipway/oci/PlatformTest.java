package dev.slipway.oci;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PlatformTest {
  @Test
  void readsTheVersionOfTheOperatingSystem() {
    Platform platform = Platform.parse("windows(10.0.17763)/amd64");

    assertThat(platform).isEqualTo(new Platform("windows", "amd64", "", "10.0.17763"));
    assertThat(platform.id()).isEqualTo("windows(10.0.17763)/amd64");
  }

  @Test
  void readsAnArchitectureAlone() {
    assertThat(Platform.parse("aarch64")).isEqualTo(Platform.LINUX_ARM64);
    assertThat(Platform.parse("linux/arm/v6").id()).isEqualTo("linux/arm/v6");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a/b/c/d", "linux/", "linux(/amd64", "l nux/amd64"})
  void refusesWhatIsNoPlatform(String text) {
    assertThatThrownBy(() -> Platform.parse(text)).hasMessageEndingWith(": invalid argument");
  }
}
