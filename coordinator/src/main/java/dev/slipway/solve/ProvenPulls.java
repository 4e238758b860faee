package dev.slipway.solve;

import dev.slipway.oci.Digest;
import dev.slipway.oci.ImageReference;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Images that a registry has given to the build's client, so that it is not asked again for what
 * the frontend has resolved a moment ago. Of one build. @ThreadSafe
 */
public final class ProvenPulls {
  private final Set<String> proven = ConcurrentHashMap.newKeySet();

  /** The registry gave it for the build's credentials. */
  public void add(ImageReference image, Digest digest) {
    proven.add(key(image, digest));
  }

  boolean has(ImageReference image, Digest digest) {
    return proven.contains(key(image, digest));
  }

  private static String key(ImageReference image, Digest digest) {
    return image.name() + "@" + digest;
  }
}
