package dev.slipway.export;

import dev.slipway.error.SlipwayException;
import dev.slipway.identity.Rights;
import dev.slipway.solve.BuildContext;
import dev.slipway.solve.SolvedResult;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Makes the image of a build's results and pushes it. Blocking. */
public interface ImageExporter {
  /**
   * Checks, before anything is built for it, what can be told before.
   *
   * @throws SlipwayException INVALID when an attribute is wrong, DENIED when the image may not go
   *     where it is to
   */
  void check(Map<String, String> attributes, Rights rights) throws SlipwayException;

  /**
   * Exports.
   *
   * @return the exporter response: {@code containerimage.digest}, {@code
   *     containerimage.descriptor}, …
   */
  Map<String, String> export(Request request, BuildContext build)
      throws SlipwayException, InterruptedException;

  /**
   * @param index position among the exporters of the solve request
   * @param attributes {@code name}, {@code push}, …
   * @param results one per platform
   * @param metadata result metadata: {@code containerimage.config[/id]}, {@code refs.platforms}
   */
  record Request(
      int index,
      String type,
      Map<String, String> attributes,
      List<PlatformResult> results,
      Map<String, byte[]> metadata) {
    public Request {
      attributes = Map.copyOf(attributes);
      results = List.copyOf(results);
    }
  }

  /**
   * @param platformId empty when the result is the only one and has no platform suffix in the
   *     metadata
   * @param result empty = scratch
   */
  record PlatformResult(String platformId, Optional<SolvedResult> result) {}
}
