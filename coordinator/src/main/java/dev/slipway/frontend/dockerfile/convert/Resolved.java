package dev.slipway.frontend.dockerfile.convert;

import java.util.HashMap;
import java.util.Map;

/** What is known of the world outside: images and named contexts. */
public record Resolved(Map<ImageKey, BaseImage> images, Map<ContextKey, NamedContext> contexts) {
  public static final Resolved NOTHING = new Resolved(Map.of(), Map.of());

  public Resolved {
    images = Map.copyOf(images);
    contexts = Map.copyOf(contexts);
  }

  /** Both together. */
  public Resolved and(Resolved more) {
    Map<ImageKey, BaseImage> allImages = new HashMap<>(images);
    allImages.putAll(more.images);
    Map<ContextKey, NamedContext> allContexts = new HashMap<>(contexts);
    allContexts.putAll(more.contexts);
    return new Resolved(allImages, allContexts);
  }
}
