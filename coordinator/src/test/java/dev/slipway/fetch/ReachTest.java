package dev.slipway.fetch;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.config.EgressSettings;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReachTest {
  private static Reach reach(List<String> allow, List<String> deny) {
    return new Reach(new EgressSettings(allow, deny));
  }

  @ParameterizedTest
  @ValueSource(strings = {"169.254.169.254", "0.0.0.0", "[fe80::1]", "[fd00:ec2::254]"})
  void metadataServicesAreBarredInAnyCase(String host) {
    assertThatThrownBy(() -> reach(List.of(), List.of()).check(host))
        .hasMessageContaining("is barred for builds");
  }

  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.1", "10.0.0.1", "[::1]", "[2001:db8::1]"})
  void withoutRulesTheRestIsOpen(String host) {
    assertThatCode(() -> reach(List.of(), List.of()).check(host)).doesNotThrowAnyException();
  }

  @Test
  void theLongestPrefixDecides() {
    Reach reach = reach(List.of("10.1.0.0/16"), List.of("10.0.0.0/8", "10.1.2.0/24"));

    assertThatCode(() -> reach.check("10.1.1.1")).doesNotThrowAnyException();
    assertThatThrownBy(() -> reach.check("10.1.2.3")).hasMessageContaining("10.1.2.3");
    assertThatThrownBy(() -> reach.check("10.2.0.1")).hasMessageContaining("10.2.0.1");
  }

  @Test
  void oneMetadataAddressCanBeOpenedByName() {
    Reach reach = reach(List.of("169.254.169.254/32"), List.of());

    assertThatCode(() -> reach.check("169.254.169.254")).doesNotThrowAnyException();
  }

  @Test
  void withRulesNoAddressThatTheyCannotNameIsOpen() {
    assertThatThrownBy(() -> reach(List.of(), List.of("10.0.0.0/8")).check("[2001:db8::1]"))
        .hasMessageContaining("is barred for builds");
  }
}
