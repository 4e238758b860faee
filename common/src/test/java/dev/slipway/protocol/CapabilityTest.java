package dev.slipway.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.error.SlipwayException;
import java.time.Instant;
import java.util.Base64;
import org.junit.jupiter.api.Test;

class CapabilityTest {
  private static final Instant NOW = Instant.parse("2026-11-23T12:00:00Z");
  private static final String RESOURCE = "layers/chain:sha256:" + "a".repeat(64);

  private final Capability.Signer signer = Capability.Signer.generate();

  @Test
  void acceptsTokenForItsResourceUntilItExpires() throws Exception {
    Capability.Verifier verifier = new Capability.Verifier(signer.publicKey());
    String token = signer.sign(RESOURCE, NOW.plusSeconds(60));

    assertThatCode(() -> verifier.verify(token, RESOURCE, NOW.plusSeconds(59)))
        .doesNotThrowAnyException();
    assertThatThrownBy(() -> verifier.verify(token, RESOURCE, NOW.plusSeconds(60)))
        .hasMessageContaining("expired");
  }

  @Test
  void rejectsTokenOfAnotherResource() throws Exception {
    Capability.Verifier verifier = new Capability.Verifier(signer.publicKey());
    String token = signer.sign(RESOURCE, NOW.plusSeconds(60));

    assertThatThrownBy(() -> verifier.verify(token, "layers/other", NOW))
        .hasMessageContaining("another resource");
  }

  @Test
  void rejectsForgedAndMalformedTokens() throws Exception {
    Capability.Verifier verifier = new Capability.Verifier(signer.publicKey());
    String token = signer.sign(RESOURCE, NOW.plusSeconds(60));
    String longer =
        Base64.getUrlEncoder()
            .withoutPadding()
            .encodeToString((RESOURCE + "\n9999999999").getBytes());
    String forged = longer + token.substring(token.indexOf('.'));

    for (String bad :
        new String[] {
          forged,
          "",
          ".",
          "a.b",
          "no dot",
          token + "AA",
          Capability.Signer.generate().sign(RESOURCE, NOW.plusSeconds(60))
        }) {
      assertThatThrownBy(() -> verifier.verify(bad, RESOURCE, NOW))
          .isInstanceOf(SlipwayException.class)
          .hasMessageContaining("denied");
    }
  }

  @Test
  void rejectsKeyThatIsNotEd25519() {
    assertThatThrownBy(() -> new Capability.Verifier(new byte[] {1, 2, 3}))
        .isInstanceOf(SlipwayException.class);
    assertThat(signer.publicKey()).hasSize(44);
  }
}
