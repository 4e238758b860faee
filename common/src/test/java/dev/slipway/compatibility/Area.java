package dev.slipway.compatibility;

/** The part of BuildKit's interface that a feature belongs to; a section of the page each. */
public enum Area {
  DOCKERFILE("Dockerfile"),
  LINT("Dockerfile: checks and questions"),
  CONTEXT("Dockerfile: contexts and options"),
  LLB("LLB: operations"),
  SOURCE("LLB: sources"),
  GATEWAY("Gateway"),
  EXPORTER("Exporters"),
  SESSION("Session"),
  CACHE("Cache"),
  CLIENT("Clients");

  private final String title;

  Area(String title) {
    this.title = title;
  }

  /** For people. */
  public String title() {
    return title;
  }
}
