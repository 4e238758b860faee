package dev.slipway.e2e;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.assertions.LocatorAssertions;
import com.microsoft.playwright.options.ColorScheme;
import java.util.List;
import org.junit.jupiter.api.Test;

/** An open page whose coordinator dies. */
class WebPageLossE2eTest {
  private static final double SOON = 30_000;

  @Test
  void anOpenPageSaysThatItsCoordinatorIsLostAndLeadsToAnother() {
    try (Farm farm = Farm.start(2, 1, LocalRegistry.shared().mirrorConfig());
        Chromium browser = new Chromium()) {
      new Buildx(farm.endpoint(2))
          .build(BuildDirectory.of("FROM busybox\nRUN echo remembered\n").path())
          .orThrow();
      String lost = farm.httpAddress(2);
      String other = farm.httpAddress(1);
      Page page = browser.open(Chromium.DESK, ColorScheme.LIGHT, "http://" + lost + "/builds");
      assertThat(page.locator("#pulse")).hasText("live");

      farm.signalCoordinator(2, "KILL");

      assertThat(page.locator("#notice"))
          .containsText(
              "lost its coordinator " + lost,
              new LocatorAssertions.ContainsTextOptions().setTimeout(SOON));
      browser.picture(page, "lost-1280-light");
      Locator link = page.locator("#notice a");
      assertThat(link).hasText(other);
      link.click();
      assertThat(page.locator("#pulse")).hasText("live");
      page.locator("table a").first().click();
      assertThat(page.locator("main"))
          .containsText(
              "It ended before that: succeeded",
              new LocatorAssertions.ContainsTextOptions().setTimeout(SOON));
      browser.picture(page, "gone-1280-light");
      List<String> complaints = browser.complaints();
      assertThat(complaints)
          .as("beside the connection that was refused")
          .allMatch(text -> text.contains("net::ERR_"));
    }
  }
}
