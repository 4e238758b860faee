package dev.slipway.e2e;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.BrowserType;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Playwright;
import com.microsoft.playwright.options.ColorScheme;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Debian's Chromium without a window; what its console complains of is kept. */
final class Chromium implements AutoCloseable {
  static final int DESK = 1280;
  static final int PHONE = 375;

  private final Playwright playwright = Playwright.create();
  private final Browser browser;
  private final List<String> complaints = new CopyOnWriteArrayList<>();
  private final Path screenshots;

  Chromium() {
    browser =
        playwright
            .chromium()
            .launch(
                new BrowserType.LaunchOptions()
                    .setExecutablePath(Path.of("/usr/bin/chromium"))
                    .setArgs(
                        List.of(
                            "--no-sandbox",
                            "--disable-gpu",
                            "--disable-quic",
                            "--no-first-run",
                            "--disable-background-networking",
                            "--disable-component-update",
                            "--disable-sync")));
    try {
      screenshots = Files.createDirectories(Workplace.tree().resolve("e2e/target/screenshots"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A page of that width. */
  Page open(int width, ColorScheme scheme, String url) {
    BrowserContext context =
        browser.newContext(
            new Browser.NewContextOptions()
                .setViewportSize(width, width == PHONE ? 812 : 900)
                .setColorScheme(scheme));
    Page page = context.newPage();
    page.onConsoleMessage(message -> {
      if (message.type().equals("error") || message.type().equals("warning")) {
        complaints.add(page.url() + ": " + message.text());
      }
    });
    page.onPageError(error -> complaints.add(page.url() + ": " + error));
    page.navigate(url);
    return page;
  }

  /** A picture for people to look at. */
  void picture(Page page, String name) {
    page.screenshot(new Page.ScreenshotOptions().setPath(screenshots.resolve(name + ".png")));
  }

  /** What consoles said since the last call. */
  List<String> complaints() {
    List<String> all = List.copyOf(complaints);
    complaints.clear();
    return all;
  }

  @Override
  public void close() {
    browser.close();
    playwright.close();
  }
}
