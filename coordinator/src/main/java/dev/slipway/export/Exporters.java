package dev.slipway.export;

import dev.slipway.error.SlipwayException;
import dev.slipway.solve.BuildContext;
import java.util.Map;

/** All ways out of the farm, by type. Blocking. @ThreadSafe */
public interface Exporters {
  /**
   * What a client asks for.
   *
   * @param id position among the exporters of the solve request
   * @param compatibility version of BuildKit's behaviour that is wanted: 10, 20 or 30
   */
  record Request(int id, String type, Map<String, String> attributes, int compatibility) {
    public Request {
      attributes = Map.copyOf(attributes);
    }
  }

  /**
   * Reads what the client wants, before anything is built for it.
   *
   * @throws SlipwayException NOT_FOUND when there is no such exporter, INVALID when an attribute is
   *     wrong
   */
  PreparedExport prepare(Request request) throws SlipwayException;

  /** Exports, under a line of its own in the client's view; returns the exporter's response. */
  Map<String, String> run(PreparedExport export, ExportSource source, BuildContext build)
      throws SlipwayException, InterruptedException;
}
