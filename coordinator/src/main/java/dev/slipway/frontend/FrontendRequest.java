package dev.slipway.frontend;

import dev.slipway.graph.Definition;
import dev.slipway.oci.Platform;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What the client asked of a frontend.
 *
 * @param options FrontendAttrs: {@code filename}, {@code build-arg:NAME}, {@code platform}, …;
 *     unknown keys are ignored
 * @param inputs named definitions sent along
 * @param sessionId session that serves local directories
 * @param buildPlatform the platform of BUILDPLATFORM: the farm's default
 * @param platforms all that the farm can build for
 */
public record FrontendRequest(
    Map<String, String> options,
    Map<String, Definition> inputs,
    String sessionId,
    Platform buildPlatform,
    List<Platform> platforms) {
  public FrontendRequest {
    options = Map.copyOf(options);
    inputs = Map.copyOf(inputs);
    platforms = List.copyOf(platforms);
  }

  /** The same request to the frontend in an image. */
  public FrontendRequest forwarded(String image) {
    Map<String, String> more = new HashMap<>(options);
    more.put("source", image);
    return new FrontendRequest(more, inputs, sessionId, buildPlatform, platforms);
  }

  /** The same request, with one more option. */
  public FrontendRequest with(String option, String value) {
    Map<String, String> more = new HashMap<>(options);
    more.put(option, value);
    return new FrontendRequest(more, inputs, sessionId, buildPlatform, platforms);
  }
}
