package dev.slipway.frontend.gateway;

/** Serves the gateway of a build to a frontend that speaks it over its own streams. @ThreadSafe */
@FunctionalInterface
public interface GatewayServing {
  /**
   * Begins to serve.
   *
   * @param toFrontend gets what is to reach the frontend; on a thread of its own
   */
  Stream serve(GatewayBuild build, ToFrontend toFrontend);

  /** Where the served bytes go; may block. */
  interface ToFrontend {
    void write(byte[] bytes) throws InterruptedException;
  }

  /** One frontend's stream. */
  interface Stream extends AutoCloseable {
    /** The frontend has written these. */
    void received(byte[] bytes);

    /** Ends the serving; calls that still run are cancelled. */
    @Override
    void close();
  }
}
