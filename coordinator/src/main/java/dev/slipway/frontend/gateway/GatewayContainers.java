package dev.slipway.frontend.gateway;

import dev.slipway.container.FarmContainer;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The containers of one build, by the ids that its frontend gave them. @ThreadSafe */
final class GatewayContainers {
  /** At once; a debugger opens one, a test suite some. */
  private static final int MAX_CONTAINERS = 32;

  // Guarded by this.
  private final Map<String, FarmContainer> open = new HashMap<>();
  private final Set<String> opening = new HashSet<>();
  private boolean ended;

  /** Opens a container. */
  interface Opening {
    FarmContainer open() throws SlipwayException, InterruptedException;
  }

  /**
   * Opens one under the id.
   *
   * @throws SlipwayException CONFLICT when there is one with the id, EXHAUSTED when there are too
   *     many
   */
  void add(String id, Opening how) throws SlipwayException, InterruptedException {
    synchronized (this) {
      if (open.containsKey(id) || opening.contains(id)) {
        throw new SlipwayException(ErrorKind.CONFLICT, "Container " + id + " already exists");
      }
      if (open.size() + opening.size() >= MAX_CONTAINERS) {
        throw new SlipwayException(
            ErrorKind.EXHAUSTED, "the build has " + MAX_CONTAINERS + " containers already");
      }
      opening.add(id);
    }
    boolean kept = false;
    try {
      FarmContainer made = how.open();
      synchronized (this) {
        if (!ended) {
          open.put(id, made);
          kept = true;
        }
      }
      if (!kept) {
        made.close();
        throw new InterruptedException("the build has ended");
      }
    } finally {
      synchronized (this) {
        opening.remove(id);
      }
    }
  }

  /** Returns the container. @throws SlipwayException NOT_FOUND when there is none */
  synchronized FarmContainer find(String id, String words) throws SlipwayException {
    FarmContainer found = open.get(id);
    if (found == null) {
      throw new SlipwayException(ErrorKind.NOT_FOUND, words);
    }
    return found;
  }

  /** Takes the container out of the table; whoever does ends it. */
  synchronized FarmContainer take(String id) throws SlipwayException {
    FarmContainer found = find(id, "container details for " + id + " not found");
    open.remove(id);
    return found;
  }

  /** The build is over: ends all, side by side, and takes none any more. */
  void end() {
    List<FarmContainer> left;
    synchronized (this) {
      ended = true;
      left = List.copyOf(open.values());
      open.clear();
    }
    left.forEach(container -> Thread.ofVirtual().name("container-end").start(container::close));
  }
}
