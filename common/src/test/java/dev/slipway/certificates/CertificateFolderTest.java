package dev.slipway.certificates;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.error.SlipwayException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CertificateFolderTest {
  private static final Instant NOW = Instant.now();

  @TempDir private Path temporary;

  private CertificateFolder made(String name, String... hosts) throws SlipwayException {
    CertificateFolder folder =
        new CertificateFolder(temporary.resolve(name), InstantSource.fixed(NOW));
    folder.init(List.of(hosts));
    return folder;
  }

  private Path file(String path) {
    return temporary.resolve(path);
  }

  private X509Certificate certificate(String path) throws SlipwayException {
    return PemFiles.certificates(file(path)).getFirst();
  }

  @Test
  void makesACaAnEndpointAndAClientThatBelongTogether() throws Exception {
    made("farm", "farm.example.com", "10.0.0.7");

    X509Certificate ca = certificate("farm/ca.pem");
    Identity server = Identity.read(file("farm/server/cert.pem"), file("farm/server/key.pem"));
    Identity client = Identity.read(file("farm/client/cert.pem"), file("farm/client/key.pem"));
    server.certificate().verify(ca.getPublicKey());
    assertThat(Subject.hostsOf(server.certificate()))
        .containsExactlyInAnyOrder(
            "localhost", "127.0.0.1", "0:0:0:0:0:0:0:1", "farm.example.com", "10.0.0.7");
    ClientTrust trust = ClientTrust.in(List.of(ca), Audience.CLIENTS, InstantSource.fixed(NOW));
    assertThat(trust.refusal(client.chain())).isEmpty();
    assertThat(trust.refusal(server.chain())).as("a server is no client").isPresent();
  }

  @Test
  void closesTheKeysToAllButTheirOwner() throws Exception {
    made("farm").addClient("ci runner");

    for (String key :
        List.of("ca-key.pem", "server/key.pem", "client/key.pem", "client-ci-runner/key.pem")) {
      assertThat(permissions("farm/" + key)).as(key).isEqualTo("rw-------");
    }
    assertThat(certificate("farm/client-ci-runner/cert.pem").getSubjectX500Principal().getName())
        .isEqualTo("CN=ci runner");
  }

  private String permissions(String path) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(file(path)));
  }

  @Test
  void overwritesNothing() throws Exception {
    CertificateFolder folder = made("farm");
    folder.addClient("ci");
    byte[] before = Files.readAllBytes(file("farm/ca.pem"));

    assertThatThrownBy(() -> folder.init(List.of())).hasMessageContaining("ca.pem exists");
    assertThatThrownBy(() -> folder.addClient("ci")).hasMessageContaining("client-ci exists");
    assertThat(Files.readAllBytes(file("farm/ca.pem"))).isEqualTo(before);
  }

  @Test
  void renewsTheEndpointWithItsNamesAndReaders() throws Exception {
    CertificateFolder folder = made("farm", "farm.example.com");
    X509Certificate before = certificate("farm/server/cert.pem");
    Files.setPosixFilePermissions(
        file("farm/server/key.pem"), PosixFilePermissions.fromString("rw-r-----"));

    folder.renewServer(List.of());

    X509Certificate after =
        Identity.read(file("farm/server/cert.pem"), file("farm/server/key.pem")).certificate();
    assertThat(after.getSerialNumber()).isNotEqualTo(before.getSerialNumber());
    assertThat(Subject.hostsOf(after)).isEqualTo(Subject.hostsOf(before));
    assertThat(permissions("farm/server/key.pem")).isEqualTo("rw-r-----");
  }

  @Test
  void refusesNamesThatAreNone() throws Exception {
    CertificateFolder folder = made("farm");

    assertThatThrownBy(() -> folder.addClient("../x")).hasMessageContaining("\"../x\" is no name");
    assertThatThrownBy(() -> made("other", "farm:1234"))
        .hasMessageContaining("\"farm:1234\" is neither a host name nor an address");
    assertThatThrownBy(
            () -> new CertificateFolder(file("none"), InstantSource.system()).addClient("ci"))
        .hasMessageContaining("slipway certs init");
  }

  @Test
  void saysWhyAClientIsNotLetIn() throws Exception {
    made("farm");
    made("other");
    X509Certificate ca = certificate("farm/ca.pem");
    ClientTrust trust = ClientTrust.in(List.of(ca), Audience.CLIENTS, InstantSource.fixed(NOW));
    Identity old =
        Authority.read(file("farm/ca.pem"), file("farm/ca-key.pem"), InstantSource.fixed(NOW))
            .issue(new Subject("old", List.of(), Set.of(Use.CLIENT), Duration.ofMinutes(-1)));

    assertThat(trust.refusal(List.of()))
        .hasValueSatisfying(reason -> assertThat(reason).contains("wants a client certificate"));
    assertThat(trust.refusal(PemFiles.certificates(file("other/client/cert.pem"))))
        .hasValueSatisfying(reason ->
            assertThat(reason)
                .contains(
                    "the client certificate CN=client, issued by CN=Slipway CA",
                    "is not of this farm's CA"));
    assertThat(trust.refusal(old.chain()))
        .hasValueSatisfying(reason -> assertThat(reason).contains("CN=old has expired on"));
  }

  @Test
  void saysWhatIsWrongWithFiles() throws Exception {
    made("farm");
    made("other");
    Path cert = file("farm/server/cert.pem");
    Path empty = Files.writeString(file("empty"), "\n");

    assertThatThrownBy(() -> Identity.read(cert, file("other/server/key.pem")))
        .hasMessageContaining("does not belong to the certificate");
    assertThatThrownBy(() -> Identity.read(cert, file("none")))
        .hasMessageContaining("the key file " + file("none") + " does not exist");
    assertThatThrownBy(() -> Identity.read(empty, file("farm/server/key.pem")))
        .hasMessageContaining("the certificate file " + empty + " is not PEM");
    assertThatThrownBy(() -> Identity.read(cert, cert))
        .hasMessageContaining("has no private key in it");
  }
}
