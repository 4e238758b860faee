package dev.slipway.peer;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.protocol.Capability;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class TrustedKeysTest {
  private static final Instant COORDINATORS_TIME = Instant.parse("2026-11-23T12:00:00Z");

  private final Capability.Signer coordinator = Capability.Signer.generate();
  private Instant here = Instant.parse("1999-12-31T23:00:00Z");
  private final TrustedKeys keys = new TrustedKeys(() -> here);

  @Test
  void aTokenIsJudgedByTheClockOfTheCoordinatorThatMadeIt() {
    keys.joined(coordinator.publicKey(), COORDINATORS_TIME);
    String token = coordinator.sign("layers/x", COORDINATORS_TIME.plusSeconds(60));

    assertThatCode(() -> keys.verify(token, "layers/x")).doesNotThrowAnyException();
    here = here.plus(Duration.ofSeconds(61));
    assertThatThrownBy(() -> keys.verify(token, "layers/x")).hasMessageContaining("expired");
  }

  @Test
  void aTokenOfACoordinatorThatLeftIsGoodWhileItLives() {
    keys.joined(coordinator.publicKey(), COORDINATORS_TIME);
    String token = coordinator.sign("layers/x", COORDINATORS_TIME.plus(Duration.ofHours(1)));
    keys.left(coordinator.publicKey());

    here = here.plus(Duration.ofMinutes(14));
    assertThatCode(() -> keys.verify(token, "layers/x")).doesNotThrowAnyException();
    here = here.plus(Duration.ofMinutes(2));
    assertThatThrownBy(() -> keys.verify(token, "layers/x"))
        .hasMessageContaining("no coordinator is known");
  }
}
