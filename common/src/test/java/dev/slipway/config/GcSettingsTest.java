package dev.slipway.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.config.GcSettings.Space;
import dev.slipway.error.SlipwayException;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class GcSettingsTest {
  private static GcSettings parse(String oci) throws SlipwayException {
    return FarmConfig.parse("[worker.oci]\n" + oci, "test.toml").gc();
  }

  @Test
  void readsWhatALayerMayCost() throws Exception {
    LayerSettings layers =
        FarmConfig.parse(
                "[worker.oci]\nmax-layer-size = \"2GB\"\nmax-layer-entries = 1000\n", "test.toml")
            .layers();

    assertThat(layers).isEqualTo(new LayerSettings(2L << 30, 1000));
    assertThat(FarmConfig.DEFAULT.layers()).isEqualTo(new LayerSettings(256L << 30, 10_000_000));
    assertThatThrownBy(() -> parse("max-layer-size = \"20%\""))
        .hasMessageContaining("worker.oci.max-layer-size");
    assertThatThrownBy(() -> parse("max-layer-entries = 0"))
        .hasMessageContaining("worker.oci.max-layer-entries");
  }

  @Test
  void readsBuildkitdsKeys() throws Exception {
    GcSettings gc =
        parse(
            """
            gc = false
            reservedSpace = "30%"
            maxUsedSpace = "1.5GB"
            minFreeSpace = 512000000
            [[worker.oci.gcpolicy]]
              reservedSpace = "512MB"
              maxUsedSpace = "1GB"
              minFreeSpace = "10GB"
              keepDuration = "1h30m"
              filters = ["type==source.local", "type==exec.cachemount"]
            [[worker.oci.gcpolicy]]
              all = true
              keepBytes = "7k"
              keepDuration = 172800
            [[worker.oci.gcpolicy]]
              keepDuration = 0
              blobsOnly = true
            """);

    assertThat(gc.enabled()).isFalse();
    assertThat(gc.reservedSpace()).isEqualTo(Space.ofPercent(30));
    assertThat(gc.maxUsedSpace()).isEqualTo(Space.ofBytes((3L << 30) / 2));
    assertThat(gc.minFreeSpace()).isEqualTo(Space.ofBytes(512_000_000));
    GcSettings.Policy first = gc.policies().get(0);
    assertThat(first.reservedSpace()).isEqualTo(Space.ofBytes(512L << 20));
    assertThat(first.maxUsedSpace()).isEqualTo(Space.ofBytes(1L << 30));
    assertThat(first.minFreeSpace()).isEqualTo(Space.ofBytes(10L << 30));
    assertThat(first.keepDuration()).isEqualTo(Duration.ofMinutes(90));
    assertThat(first.filters()).containsExactly("type==source.local", "type==exec.cachemount");
    assertThat(gc.policies().get(1).all()).isTrue();
    assertThat(gc.policies().get(1).reservedSpace()).isEqualTo(Space.ofBytes(7 << 10));
    assertThat(gc.policies().get(1).keepDuration()).isEqualTo(Duration.ofDays(2));
    assertThat(gc.policies().get(2).blobsOnly()).isTrue();
    assertThat(gc.policies().get(2).keepDuration()).isZero();
  }

  @Test
  void takesTheOldNameOfTheReservedSpace() throws Exception {
    assertThat(parse("gckeepstorage = 9000").reservedSpace()).isEqualTo(Space.ofBytes(9000));
  }

  @Test
  void isOnByDefault() throws Exception {
    assertThat(parse("")).isEqualTo(GcSettings.DEFAULT);
    assertThat(GcSettings.DEFAULT.enabled()).isTrue();
  }

  @Test
  void namesWhatItCannotRead() {
    assertThatThrownBy(() -> parse("maxUsedSpace = \"10 bananas\""))
        .hasMessageContaining("worker.oci.maxUsedSpace")
        .hasMessageContaining("20%");
    assertThatThrownBy(() -> parse("minFreeSpace = \"101%\"")).hasMessageContaining("minFree");
    assertThatThrownBy(() -> parse("[[worker.oci.gcpolicy]]\n  keepStorage = 1"))
        .hasMessageContaining("unknown key worker.oci.gcpolicy.keepStorage");
  }

  @Test
  void aShareIsOfTheWholeDisk() {
    assertThat(Space.ofPercent(20).of(1000)).isEqualTo(200);
    assertThat(Space.ofBytes(5).of(1000)).isEqualTo(5);
  }
}
