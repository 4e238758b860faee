package dev.slipway.web.page;

/** What the navigation leads to, in its order. */
public enum Section {
  BUILDS("Builds", "/builds"),
  WORKERS("Workers", "/workers"),
  QUEUE("Queue", "/queue"),
  CACHE("Cache", "/cache");

  private final String title;
  private final String path;

  Section(String title, String path) {
    this.title = title;
    this.path = path;
  }

  String title() {
    return title;
  }

  String path() {
    return path;
  }
}
