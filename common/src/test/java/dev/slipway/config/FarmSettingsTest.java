package dev.slipway.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.error.SlipwayException;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class FarmSettingsTest {
  private static FarmSettings parse(String toml) throws SlipwayException {
    return FarmConfig.parse(toml, "test.toml").farm();
  }

  @Test
  void readsFilesAndTheSwitch() throws SlipwayException {
    FarmSettings settings =
        parse("[farm]\ninsecure = true\n[farm.tls]\ncert = \"c\"\nkey = \"k\"\nca = \"a\"\n");

    assertThat(settings.insecure()).isTrue();
    assertThat(settings.tls())
        .hasValue(new TlsFiles(Path.of("c"), Path.of("k"), Optional.of(Path.of("a"))));
    assertThatThrownBy(() -> parse("[farm.tls]\ncert = \"c\"\nkey = \"k\"\n"))
        .hasMessageContaining("farm.tls needs a CA");
    assertThatThrownBy(() -> parse("[farm]\nsecure = true\n"))
        .hasMessageContaining("unknown key farm.secure");
  }

  @Test
  void refusesAnOpenPortWithoutTlsUnlessThatIsWanted() throws SlipwayException {
    for (String host : new String[] {"0.0.0.0", "192.0.2.7", "::"}) {
      assertThatThrownBy(() ->
              FarmSettings.DEFAULT.checkListen("--workers-listen", host, false, "give it TLS"))
          .hasMessage(
              "--workers-listen "
                  + host
                  + " can be reached from other machines and is not encrypted: give it TLS; or"
                  + " listen on loopback, or keep the port inside a network of the farm's machines"
                  + " only and say so with --insecure-farm-network ([farm] insecure = true)");
      assertThatCode(
              () -> {
                FarmSettings.DEFAULT.checkListen("--workers-listen", host, true, "");
                new FarmSettings(Optional.empty(), true).checkListen("--listen", host, false, "");
              })
          .doesNotThrowAnyException();
    }
    FarmSettings.DEFAULT.checkListen("--workers-listen", "127.0.0.1", false, "");
    FarmSettings.DEFAULT.checkListen("--workers-listen", "localhost", false, "");
  }
}
