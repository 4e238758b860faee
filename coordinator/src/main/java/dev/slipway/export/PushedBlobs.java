package dev.slipway.export;

import dev.slipway.oci.Digest;
import dev.slipway.oci.ImageReference;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/**
 * Where this coordinator has seen blobs lately, to mount them into other repositories. Forgets the
 * oldest. @ThreadSafe
 */
final class PushedBlobs {
  private static final int MOST_BLOBS = 20_000;
  private static final int MOST_REPOSITORIES = 4;

  /** Guarded by this. */
  private final Map<Digest, Set<String>> names =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Digest, Set<String>> eldest) {
          return size() > MOST_BLOBS;
        }
      };

  synchronized void saw(Digest blob, ImageReference repository) {
    Set<String> all = names.computeIfAbsent(blob, _ -> new LinkedHashSet<>());
    if (all.size() < MOST_REPOSITORIES) {
      all.add(repository.name());
    }
  }

  /** Names of repositories, {@code host/path}. */
  synchronized Set<String> repositories(Digest blob) {
    return Set.copyOf(names.getOrDefault(blob, Set.of()));
  }
}
