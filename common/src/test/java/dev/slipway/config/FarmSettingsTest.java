package dev.slipway.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.error.SlipwayException;
import java.nio.file.Path;
import java.time.Duration;
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
    assertThat(parse("[farm.tls]\nca = \"a\"\n").trust()).hasValue(Path.of("a"));
    assertThatThrownBy(() -> parse("[farm]\nsecure = true\n"))
        .hasMessageContaining("unknown key farm.secure");
  }

  @Test
  void readsTheCaThatMakesWorkersCertificates() throws SlipwayException {
    assertThat(parse("[farm.ca]\ncert = \"c\"\nkey = \"k\"\n").ca())
        .hasValue(new FarmCa(Path.of("c"), Path.of("k"), Duration.ofHours(8), true));
    assertThat(
            parse(
                    "[farm.ca]\ncert = \"c\"\nkey = \"k\"\nworker-certificate-life = \"20m\"\nshared-token = false\n")
                .ca())
        .hasValue(new FarmCa(Path.of("c"), Path.of("k"), Duration.ofMinutes(20), false));
    assertThatThrownBy(() -> parse("[farm.ca]\ncert = \"c\"\n"))
        .hasMessageContaining("farm.ca needs both the CA's certificate (cert) and its key (key)");
    assertThatThrownBy(
            () -> parse("[farm.ca]\ncert = \"c\"\nkey = \"k\"\nworker-certificate-life = \"1s\"\n"))
        .hasMessageContaining("must live 5 s at least");
  }

  @Test
  void readsThePagesCertificate() throws SlipwayException {
    assertThat(FarmConfig.parse("[http.tls]\ncert = \"c\"\nkey = \"k\"\n", "t").httpTls())
        .hasValue(new TlsFiles(Path.of("c"), Path.of("k"), Optional.empty()));
    assertThatThrownBy(
            () -> FarmConfig.parse("[http.tls]\ncert = \"c\"\nkey = \"k\"\nca = \"a\"\n", "t"))
        .hasMessageContaining("http.tls.ca must be left out");
    assertThatThrownBy(() -> FarmConfig.parse("[http]\naddress = \"x\"\n", "t"))
        .hasMessageContaining("unknown key http.address");
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
                new FarmSettings(Optional.empty(), Optional.empty(), Optional.empty(), true)
                    .checkListen("--listen", host, false, "");
              })
          .doesNotThrowAnyException();
    }
    FarmSettings.DEFAULT.checkListen("--workers-listen", "127.0.0.1", false, "");
    FarmSettings.DEFAULT.checkListen("--workers-listen", "localhost", false, "");
  }
}
