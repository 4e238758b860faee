package dev.slipway.telemetry;

import static dev.slipway.telemetry.Declaration.Where.BOTH;
import static dev.slipway.telemetry.Declaration.counter;
import static dev.slipway.telemetry.Declaration.gauge;
import static dev.slipway.telemetry.Label.bounded;
import static dev.slipway.telemetry.Label.by;

/** What every process says of itself. */
@Theme("Processes")
public enum ProcessMetric implements Metric {
  INFO(gauge("slipway.info", BOTH, "Always 1.", bounded("version", "that of the program"))),
  HTTP_REQUESTS(
      counter(
          "slipway.http.requests",
          BOTH,
          "Requests answered at the HTTP address.",
          by("status", Status.class))),
  DIRECT_BYTES(
      gauge(
          "slipway.netty.direct.bytes",
          BOTH,
          "Memory outside the heap that Netty's buffers take."));

  /** How a request was answered: 1xx to 3xx, 4xx, 5xx. */
  public enum Status {
    OK,
    CLIENT_ERROR,
    SERVER_ERROR;

    /** Of that HTTP status. */
    public static Status of(int code) {
      return code >= 500 ? SERVER_ERROR : code >= 400 ? CLIENT_ERROR : OK;
    }
  }

  private final Declaration declaration;

  ProcessMetric(Declaration declaration) {
    this.declaration = declaration;
  }

  @Override
  public Declaration declaration() {
    return declaration;
  }
}
