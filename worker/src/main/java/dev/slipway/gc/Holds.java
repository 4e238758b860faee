package dev.slipway.gc;

import java.time.Instant;
import java.time.InstantSource;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/**
 * Layers that running builds need, by coordinator and build; what a coordinator holds goes with its
 * link. {@code this} guards everything; a leaf lock, taken under the store's. @ThreadSafe
 */
public final class Holds {
  /** Builds whose end is remembered: a stage of one may say its last words after it. */
  private static final int MAX_RELEASED = 1000;

  private final InstantSource clock;
  private final Map<String, Integer> counts = new HashMap<>();

  /** Ids given to layers that a step is about to make, until its build holds them. */
  private final Map<String, Instant> expected = new HashMap<>();

  /** Begin of the stages that run. */
  private final Set<Stage> stages = new HashSet<>();

  public Holds(InstantSource clock) {
    this.clock = clock;
  }

  /** What came over one link to a coordinator. */
  public final class Link implements AutoCloseable {
    private final Map<String, Set<String>> builds = new HashMap<>();
    private final LinkedHashSet<String> released = new LinkedHashSet<>();
    private boolean closed;

    private Link() {}

    /** Keeps the layers, here or not yet, until the build's release or the link's end. */
    public void hold(String buildId, Collection<String> layerIds) {
      synchronized (Holds.this) {
        if (closed) {
          return;
        }
        Set<String> held = builds.computeIfAbsent(buildId, _ -> new HashSet<>());
        for (String id : layerIds) {
          if (held.add(id)) {
            counts.merge(id, 1, Integer::sum);
          }
        }
      }
    }

    /** Nothing is held for the build any more. */
    public void release(String buildId) {
      synchronized (Holds.this) {
        released.add(buildId);
        if (released.size() > MAX_RELEASED) {
          released.removeFirst();
        }
        Set<String> held = builds.remove(buildId);
        if (held != null) {
          drop(held);
        }
      }
    }

    /** A stage of the build begins: what it needs is held until its end. */
    public Stage stage(String buildId, Collection<String> inputs) {
      Stage stage = new Stage(this, buildId, Set.copyOf(inputs), clock.instant());
      synchronized (Holds.this) {
        stage.inputs.forEach(id -> counts.merge(id, 1, Integer::sum));
        stages.add(stage);
      }
      return stage;
    }

    /** The link has ended. */
    @Override
    public void close() {
      synchronized (Holds.this) {
        closed = true;
        builds.values().forEach(Holds.this::drop);
        builds.clear();
      }
    }
  }

  /** A stage that runs. */
  public final class Stage implements AutoCloseable {
    private final Link link;
    private final String buildId;
    private final Set<String> inputs;
    private final Instant begin;

    private Stage(Link link, String buildId, Set<String> inputs, Instant begin) {
      this.link = link;
      this.buildId = buildId;
      this.inputs = inputs;
      this.begin = begin;
    }

    /** A step of it has made the layers; they are held as long as its build is. */
    public void made(Collection<String> layerIds) {
      synchronized (Holds.this) {
        if (!link.released.contains(buildId)) {
          link.hold(buildId, layerIds);
        }
        layerIds.forEach(expected::remove);
      }
    }

    @Override
    public void close() {
      synchronized (Holds.this) {
        if (!stages.remove(this)) {
          return;
        }
        drop(inputs);
        // What no stage can still be about to announce was made by a step that failed.
        Instant oldest =
            stages.stream().map(stage -> stage.begin).min(Instant::compareTo).orElse(Instant.MAX);
        Iterator<Instant> made = expected.values().iterator();
        while (made.hasNext()) {
          if (made.next().isBefore(oldest)) {
            made.remove();
          }
        }
      }
    }
  }

  /** For a new link to a coordinator. */
  public Link link() {
    return new Link();
  }

  /** Keeps the layers, here or not yet, until it is closed. */
  public Link during(Collection<String> layerIds) {
    Link link = new Link();
    link.hold("", layerIds);
    return link;
  }

  /** An id for a layer that a step is about to make: {@code snap:<random>}. */
  public String newLayerId() {
    String id = "snap:" + UUID.randomUUID().toString().replace("-", "");
    synchronized (this) {
      expected.put(id, clock.instant());
    }
    return id;
  }

  /** Whether the layer must stay. */
  public synchronized boolean isHeld(String layerId) {
    return counts.containsKey(layerId) || expected.containsKey(layerId);
  }

  private void drop(Collection<String> held) {
    for (String id : held) {
      counts.computeIfPresent(id, (_, count) -> count > 1 ? count - 1 : null);
    }
  }
}
