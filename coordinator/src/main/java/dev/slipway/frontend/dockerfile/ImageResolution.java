package dev.slipway.frontend.dockerfile;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.frontend.FrontendBridge;
import dev.slipway.frontend.SourceError;
import dev.slipway.frontend.dockerfile.convert.BaseImage;
import dev.slipway.frontend.dockerfile.convert.ImageKey;
import dev.slipway.frontend.dockerfile.parser.SourceText;
import dev.slipway.graph.SourceMap.Range;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Asks the registries for all images at once, a virtual thread each. */
record ImageResolution(
    FrontendBridge bridge, String mode, boolean platformPrefix, SourceText source) {
  /** Images of one round; the registry client bounds its connections itself. */
  private static final int MOST_IMAGES = 500;

  Map<ImageKey, BaseImage> resolve(Map<ImageKey, Range> keys)
      throws SlipwayException, InterruptedException {
    if (keys.size() > MOST_IMAGES) {
      throw new SlipwayException(
          ErrorKind.EXHAUSTED, "the Dockerfile names more than " + MOST_IMAGES + " images");
    }
    Map<ImageKey, Future<BaseImage>> running = new LinkedHashMap<>();
    Map<ImageKey, BaseImage> images = new LinkedHashMap<>();
    ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    try {
      keys.forEach((key, range) -> running.put(key, threads.submit(() -> resolve(key, range))));
      for (Map.Entry<ImageKey, Future<BaseImage>> entry : running.entrySet()) {
        images.put(entry.getKey(), entry.getValue().get());
      }
      return images;
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case SlipwayException cause -> throw cause;
        case InterruptedException cause ->
            throw new SlipwayException(
                ErrorKind.CANCELLED, "resolving images was cancelled", cause);
        default -> throw new IllegalStateException("resolving images failed", e.getCause());
      }
    } finally {
      threads.shutdownNow();
    }
  }

  private BaseImage resolve(ImageKey key, Range range)
      throws SlipwayException, InterruptedException {
    String prefix = platformPrefix ? "[" + key.platform().id() + " internal]" : "[internal]";
    try {
      FrontendBridge.ResolvedImage image =
          bridge.resolveImage(
              key.reference(),
              key.platform(),
              mode,
              prefix + " load metadata for " + key.reference());
      return new BaseImage(image.digest(), image.config());
    } catch (SlipwayException e) {
      SourceError located = source.error(e.kind(), range, key.reference() + ": " + e.getMessage());
      located.initCause(e);
      throw located;
    }
  }
}
