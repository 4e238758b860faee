package dev.slipway.export;

import dev.slipway.error.SlipwayException;
import dev.slipway.identity.Rights;
import dev.slipway.solve.BuildContext;
import java.util.Map;

/** An export that is known to make sense, to be run when there is something to export. */
public interface PreparedExport {
  /** Position among the exporters of the solve request. */
  int id();

  /** Its line in the client's view. */
  String title();

  /**
   * Checks, before anything is built for it, what can be told before.
   *
   * @throws SlipwayException DENIED when the result may not go where it is to
   */
  default void check(Rights rights) throws SlipwayException {}

  /** Whether it writes to a registry. */
  default boolean pushes() {
    return false;
  }

  /**
   * Exports. Blocking; an interrupt ends it.
   *
   * @return the exporter response: {@code containerimage.digest}, {@code
   *     containerimage.descriptor}, …
   * @throws SlipwayException UNAVAILABLE when bytes are gone that can be made again
   */
  Map<String, String> run(ExportSource source, BuildContext build, ExportProgress progress)
      throws SlipwayException, InterruptedException;
}
