package dev.slipway.e2e;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.microsoft.playwright.Download;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.assertions.LocatorAssertions;
import com.microsoft.playwright.options.ColorScheme;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** The farm's page in a real browser, with builds of thirty stages on three workers. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class WebPageE2eTest {
  private static final int STAGES = 30;
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final LocatorAssertions.IsVisibleOptions SOON =
      new LocatorAssertions.IsVisibleOptions().setTimeout(60_000);

  private Farm farm;
  private Buildx buildx;
  private Chromium browser;

  @BeforeAll
  void start() {
    farm = Farm.start(2, 3, LocalRegistry.shared().mirrorConfig());
    buildx = new Buildx(farm.endpoint(1));
    browser = new Chromium();
  }

  @AfterAll
  void end() {
    browser.close();
    farm.close();
  }

  @AfterEach
  void noConsoleComplains() {
    assertThat(browser.complaints()).isEmpty();
  }

  /**
   * Its stages say three coloured lines each, {@code pace} seconds and some tenths apart; the salt
   * makes it another build.
   */
  private static BuildDirectory thirtyStages(String salt, int pace) {
    StringBuilder file = new StringBuilder();
    for (int i = 1; i <= STAGES; i++) {
      file.append(
          """
          FROM busybox AS part%1$d
          RUN echo %2$s; for n in 1 2 3; do printf '\\033[1;32mok\\033[0m part %1$d, line %%s of <b>three</b>\\n' $n; sleep %3$s; done; echo %1$d > /made
          """
              .formatted(i, salt, pace + "." + (i % 5 + 2)));
    }
    file.append("FROM busybox\n");
    for (int i = 1; i <= STAGES; i++) {
      file.append("COPY --from=part%1$d /made /made/%1$d\n".formatted(i));
    }
    file.append("RUN ls /made | wc -l\n");
    return BuildDirectory.of(file.toString());
  }

  private String page(int coordinator, String path) {
    return "http://" + farm.httpAddress(coordinator) + path;
  }

  /** Path of the newest build's page. */
  private String newest() {
    JsonArray builds =
        new JsonObject(farm.http(1, "/api/v1/builds").orElseThrow()).getJsonArray("builds");
    return "/builds/" + builds.getJsonObject(0).getString("id");
  }

  private static void fits(Page page) {
    assertThat(
            page.evaluate(
                "document.documentElement.scrollWidth - document.documentElement.clientWidth"))
        .as("pixels that " + page.url() + " is wider than its window")
        .isEqualTo(0);
  }

  @Test
  void aBuildIsFollowedFromItsFirstStageToItsEndWithoutReloading() {
    Page builds = browser.open(Chromium.DESK, ColorScheme.LIGHT, page(1, "/builds"));
    assertThat(builds.locator("#pulse")).hasText("live");
    builds.evaluate("window.neverReloaded = true");

    try (Command build = build("live")) {
      Locator row = builds.locator("tr:has(.state.running) a").first();
      assertThat(row).isVisible(new LocatorAssertions.IsVisibleOptions().setTimeout(60_000));
      browser.picture(builds, "builds-running-1280-light");
      assertThat(builds.evaluate("window.neverReloaded")).isEqualTo(true);

      row.click();
      Page page = builds;
      page.evaluate("window.neverReloaded = true");
      assertThat(page.locator(".lane.worker")).hasCount(3, patient());
      assertThat(page.locator(".lane.waits .piece.waiting").first()).isVisible(SOON);
      browser.picture(page, "build-running-1280-light");
      duringTheBuild(newest());

      assertThat(page.locator("#build-head .state.succeeded")).isVisible(SOON);
      build.await(PATIENCE).orThrow();
      assertThat(page.evaluate("window.neverReloaded")).isEqualTo(true);
      assertThat(page.locator("#pulse")).hasText("ended");
      assertThat(page.locator(".lane.worker .piece.succeeded")).not().hasCount(0);
      browser.picture(page, "build-ended-1280-light");
    }
  }

  private static LocatorAssertions.HasCountOptions patient() {
    return new LocatorAssertions.HasCountOptions().setTimeout(60_000);
  }

  private void duringTheBuild(String build) {
    Page log = browser.open(Chromium.DESK, ColorScheme.DARK, page(1, build + "/log"));
    int before = log.locator("#log .l").count();
    assertThat(log.locator("#log .l").nth(before + 3)).isAttached();
    browser.picture(log, "log-running-1280-dark");
    Page workers = browser.open(Chromium.PHONE, ColorScheme.DARK, page(1, "/workers"));
    assertThat(workers.locator(".meter .taken").first()).isAttached();
    browser.picture(workers, "workers-running-375-dark");
    Page wide = browser.open(Chromium.DESK, ColorScheme.LIGHT, page(1, "/workers"));
    browser.picture(wide, "workers-running-1280-light");
    Page queue = browser.open(Chromium.DESK, ColorScheme.LIGHT, page(2, "/queue"));
    assertThat(queue.locator("table").first()).containsText("default");
    browser.picture(queue, "queue-running-1280-light");
    Page phone = browser.open(Chromium.PHONE, ColorScheme.LIGHT, page(2, build));
    assertThat(phone.locator(".lane.worker")).hasCount(3, patient());
    fits(phone);
    browser.picture(phone, "build-running-375-light");
    List.of(log, workers, wide, queue, phone).forEach(each -> each.context().close());
  }

  private Command build(String salt) {
    return buildx.startBuild(thirtyStages(salt, 1).path());
  }

  @Test
  void everyPageFitsDesksAndPhonesInDarkAndLight() {
    buildx.build(thirtyStages("fits", 0).path()).orThrow();
    String build = newest();
    Map<String, String> pages = new LinkedHashMap<>();
    pages.put("builds", "/builds");
    pages.put("build", build);
    pages.put("log", build + "/log");
    pages.put("graph", build + "/graph");
    pages.put("workers", "/workers");
    pages.put("queue", "/queue");
    pages.put("cache", "/cache");

    for (int width : new int[] {Chromium.DESK, Chromium.PHONE}) {
      for (ColorScheme scheme : List.of(ColorScheme.LIGHT, ColorScheme.DARK)) {
        for (Map.Entry<String, String> each : pages.entrySet()) {
          Page page = browser.open(width, scheme, page(1, each.getValue()));
          assertThat(page.locator("h1")).isVisible();
          fits(page);
          browser.picture(page, each.getKey() + "-" + width + "-" + scheme.name().toLowerCase());
          page.context().close();
        }
      }
    }
  }

  @Test
  void theKeyboardAloneLeadsEverywhere() {
    buildx.build(BuildDirectory.of("FROM busybox\nRUN echo keyboard\n").path()).orThrow();
    Page page = browser.open(Chromium.DESK, ColorScheme.LIGHT, page(1, "/builds"));

    page.keyboard().press("Tab");
    assertThat(page.locator(".skip")).isFocused();
    assertThat(page.locator(".skip")).isInViewport();
    page.keyboard().press("Enter");
    assertThat(page.locator("main")).isFocused();
    tabTo(page, "table a");
    page.keyboard().press("Enter");
    assertThat(page).hasURL(Pattern.compile("/builds/[^/]+$"));
    tabTo(page, ".tabs a[href$='/log']");
    page.keyboard().press("Enter");
    assertThat(page.locator("#log")).containsText("keyboard");
    tabTo(page, "#q");
    page.keyboard().type("board");
    page.keyboard().press("Enter");
    assertThat(page.locator("mark")).hasText("board");
    tabTo(page, "nav a[href='/workers']");
    page.keyboard().press("Enter");
    assertThat(page.locator("h1")).hasText("Workers");
  }

  /** Presses Tab until that has the focus, which must then be seen. */
  private static void tabTo(Page page, String selector) {
    for (int i = 0; i < 60; i++) {
      page.keyboard().press("Tab");
      if (Boolean.TRUE.equals(page.evaluate("s => document.activeElement.matches(s)", selector))) {
        assertThat(
                page.evaluate("getComputedStyle(document.activeElement).outlineStyle !== 'none'"))
            .as("outline of " + selector)
            .isEqualTo(true);
        return;
      }
    }
    throw new AssertionError("sixty tabs do not lead to " + selector + " of " + page.url());
  }

  @Test
  void aLogIsColouredSearchedAndDownloaded() throws IOException {
    buildx.build(thirtyStages("searched", 0).path()).orThrow();
    Page page = browser.open(Chromium.DESK, ColorScheme.LIGHT, page(1, newest() + "/log"));

    assertThat(page.locator("#log .f2.bold").first()).hasText("ok");
    page.locator("#q").fill("part 17, line 2");
    page.keyboard().press("Enter");
    assertThat(page.locator("#log .l")).hasCount(1);
    assertThat(page.locator("#log mark")).hasText("part 17, line 2");
    browser.picture(page, "search-1280-light");
    Download download = page.waitForDownload(() -> page.getByText("Download text").click());
    assertThat(Files.readString(download.path())).contains("ok part 17, line 2 of <b>three</b>");
  }

  @Test
  void aFailedBuildShowsTheLineOfItsDockerfile() {
    BuildDirectory bad =
        BuildDirectory.of("FROM busybox\nRUN echo fine\nRUN echo going down && exit 3\n");
    assertThat(buildx.build(bad.path()).exitCode()).isNotZero();
    // Another coordinator hears of a build half a second later.
    await().until(() -> farm.http(2, newest()).orElse("").contains("going down"));

    Page page = browser.open(Chromium.DESK, ColorScheme.DARK, page(2, newest()));

    assertThat(page.locator(".snippet .blamed")).containsText("RUN echo going down && exit 3");
    browser.picture(page, "failed-1280-dark");
  }

  @Test
  void theCacheIsSearchedAndShowsWhatAKeyWasMadeOf() {
    buildx.build(thirtyStages("held", 0).path()).orThrow();
    await()
        .untilAsserted(() ->
            assertThat(farm.http(2, "/cache?q=held+part17").orElse("")).contains("[part17 2] RUN"));

    for (int width : new int[] {Chromium.DESK, Chromium.PHONE}) {
      Page page = browser.open(width, ColorScheme.LIGHT, page(2, "/cache"));
      Locator rows = page.locator(".cache tbody tr");
      assertThat(rows).not().hasCount(0);
      int before = rows.count();
      page.locator("#q").fill("held PART1");
      page.keyboard().press("Enter");
      assertThat(page).hasURL(Pattern.compile("q=held"));
      assertThat(rows).not().hasCount(before);
      assertThat(rows).not().hasCount(0);
      assertThat(rows.filter(new Locator.FilterOptions().setHasNotText("part1"))).hasCount(0);
      page.locator(".cache summary").first().click();
      assertThat(page.locator(".ingredients").first()).isVisible();
      fits(page);
      browser.picture(page, "cache-search-" + width + "-light");
      page.context().close();
    }
  }

  @Test
  void aStepThatWasNotCachedSaysWhy() {
    BuildDirectory app =
        BuildDirectory.of("FROM busybox\nWORKDIR /app\nCOPY src src\nRUN cat src/* > all\n")
            .with("src/app.js", "one");
    buildx.build(app.path()).orThrow();
    String earlier = newest();
    app.with("src/app.js", "two");
    buildx.build(app.path()).orThrow();

    for (int width : new int[] {Chromium.DESK, Chromium.PHONE}) {
      Page page = browser.open(width, ColorScheme.LIGHT, page(1, newest()));
      assertThat(page.locator(".name:has-text('COPY src src') + .uncached"))
          .hasText("not cached: the file src/app.js changed");
      assertThat(page.locator(".name:has-text('RUN cat') + .uncached"))
          .hasText("not cached: an earlier step gave another result: [3] COPY src src");
      assertThat(page.locator("#compared a")).hasAttribute("href", earlier);
      fits(page);
      browser.picture(page, "why-" + width + "-light");
      page.context().close();
    }
  }

  @Test
  void withoutScriptsAllIsThereAndNothingIsLive() {
    buildx.build(BuildDirectory.of("FROM busybox\nRUN echo plain\n").path()).orThrow();

    assertThat(farm.http(1, newest()).orElseThrow()).contains("RUN echo plain").contains("Steps");
    assertThat(farm.http(1, newest() + "/log").orElseThrow()).contains("<span>plain</span>");
  }
}
