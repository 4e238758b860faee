package dev.slipway.solve;

import dev.slipway.cache.CacheIndex;
import dev.slipway.cache.CacheKeys.Input;
import dev.slipway.cache.LayerChain;
import dev.slipway.context.ContextTree;
import dev.slipway.graph.Edge;
import dev.slipway.graph.Op;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;

/**
 * Second chance for vertices that have to run: keys made of what their inputs contain, not of how
 * the inputs came about. A key needs digests of the paths that the vertex, or one below it on its
 * root filesystem, reads of other results. They come from the index, and from a worker that holds
 * the files when the index says that a result for some content exists at all (a mark, saved with
 * each such result): so a build of something new asks nobody. Owned by the driver's thread.
 */
final class ContentKeys {
  /** What is saved under a mark. */
  private static final String MARK = "";

  private final KeyedGraph keyed;
  private final CacheIndex index;
  private final Availability availability;
  private final PartQuestions questions;

  /** Digests by part id, and marks. */
  private final Map<String, String> known = new HashMap<>();

  private final Set<String> looked = new HashSet<>();
  private final Set<String> checked = new HashSet<>();

  ContentKeys(
      KeyedGraph keyed, CacheIndex index, Availability availability, PartQuestions questions) {
    this.keyed = keyed;
    this.index = index;
    this.availability = availability;
    this.questions = questions;
  }

  /**
   * Computes keys as far as digests are known and looks them up, all in one batch; what is missing
   * for further keys is asked of workers. Returns whether the cache knows a vertex that waits.
   */
  boolean lookUp() {
    boolean more = true;
    while (more) {
      more = learn();
    }
    List<String> keys = new ArrayList<>();
    for (VertexWork work : keyed.all()) {
      boolean open = work.state == VertexWork.State.WAITING && !work.canonical.isEmpty();
      if (open && !work.canonical.equals(work.key) && checked.add(work.canonical)) {
        keys.add(work.canonical);
      }
    }
    if (!keys.isEmpty() && availability.lookUpKeys(keys)) {
      return true;
    }
    ask();
    return false;
  }

  /** Whether a worker's answer may save the vertex from running. */
  boolean isAsking(VertexWork work) {
    return work.canonical.isEmpty()
        && missing(work).stream().anyMatch(part -> questions.isOpen(part.id()));
  }

  boolean isAsking() {
    return questions.isAnyOpen();
  }

  /** A worker has answered. @param digest empty when it could not tell */
  void answered(String partId, Optional<String> digest) {
    questions.close(partId);
    digest.ifPresent(found -> {
      known.put(partId, found);
      index.saveContents(Map.of(partId, found));
    });
  }

  /** The digest of the part, if it is known. */
  Optional<String> digest(ContentPart part) {
    return Optional.ofNullable(known.get(part.id()));
  }

  /**
   * Takes in what a finished step read and sets the key that stands for its result.
   *
   * @param contents digests of its parts by id
   * @param faithful whether its inputs are still those that it ran with
   */
  void finished(VertexWork work, Map<String, String> contents, boolean faithful) {
    Map<String, String> news = new HashMap<>(contents);
    known.putAll(contents);
    work.canonical = "";
    if (faithful) {
      work.canonical = key(work).orElse("");
    }
    if (!work.canonical.isEmpty() && !parts(work).isEmpty()) {
      mark(work)
          .filter(mark -> known.put(mark, MARK) == null)
          .ifPresent(mark -> {
            news.put(mark, MARK);
          });
    }
    if (!news.isEmpty()) {
      index.saveContents(news);
    }
  }

  /** Results went away and will be made again, perhaps with other contents. */
  void reset() {
    checked.clear();
    for (VertexWork work : keyed.all()) {
      if (isOpen(work)) {
        work.canonical = "";
      }
    }
  }

  /** Returns whether the index was asked for something new, so that more keys may be known now. */
  private boolean learn() {
    Set<String> wanted = new HashSet<>();
    for (VertexWork work : keyed.all()) {
      if (!isOpen(work) || !work.canonical.isEmpty()) {
        continue;
      }
      work.canonical = key(work).orElse("");
      if (work.canonical.isEmpty() && work.state == VertexWork.State.WAITING) {
        missing(work).forEach(part -> wanted.add(part.id()));
        mark(work).ifPresent(wanted::add);
      }
    }
    wanted.removeIf(key -> !looked.add(key));
    if (wanted.isEmpty()) {
      return false;
    }
    known.putAll(index.contents(wanted));
    return true;
  }

  private void ask() {
    List<ContentPart> wanted = new ArrayList<>();
    for (VertexWork work : keyed.all()) {
      if (work.state == VertexWork.State.WAITING
          && work.canonical.isEmpty()
          && mark(work).filter(known::containsKey).isPresent()) {
        wanted.addAll(missing(work));
      }
    }
    questions.ask(wanted);
  }

  private static boolean isOpen(VertexWork work) {
    return !(work.vertex.op() instanceof Op.Source)
        && switch (work.state) {
          case WAITING, RUNNING, ELSEWHERE -> true;
          case IDLE, DONE -> false;
        };
  }

  /** The key by contents; the definition's own when no contents are read. */
  private Optional<String> key(VertexWork work) {
    return key(
        work, (edge, part) -> Optional.ofNullable(known.get(part.id())).map(Input.Part::new));
  }

  /**
   * The key of all results for whatever content; there is none when what it builds on is not known.
   */
  private Optional<String> mark(VertexWork work) {
    return key(work, (_, _) -> Optional.of(new Input.AnyPart())).map(key -> "mark:" + key);
  }

  private Optional<String> key(
      VertexWork work, BiFunction<Edge, ContentPart, Optional<? extends Input>> contentOf) {
    if (work.vertex.metadata().ignoreCache()) {
      return Optional.empty();
    }
    List<Input> inputs = new ArrayList<>();
    boolean plain = true;
    for (int i = 0; i < work.vertex.inputs().size(); i++) {
      ContextTree tree = keyed.selection(work.vertex.digest(), i);
      if (tree != null) {
        inputs.add(new Input.Content(tree.contentDigest()));
        continue;
      }
      Edge edge = work.vertex.inputs().get(i);
      VertexWork input = keyed.of(edge.vertex());
      if (work.selected.containsKey(i)) {
        if (input.state != VertexWork.State.DONE) {
          return Optional.empty();
        }
        Optional<ContentPart> part = part(work, i);
        if (part.isPresent()) {
          Optional<? extends Input> content = contentOf.apply(edge, part.get());
          if (content.isEmpty()) {
            return Optional.empty();
          }
          inputs.add(content.get());
          plain = false;
          continue;
        }
      }
      if (input.canonical.isEmpty()) {
        return Optional.empty();
      }
      inputs.add(new Input.Result(input.canonical, edge.output()));
      plain &= input.canonical.equals(input.key);
    }
    return Optional.of(plain ? work.key : keyed.key(work.vertex, inputs));
  }

  /** Parts whose digests are not known. */
  private List<ContentPart> missing(VertexWork work) {
    return parts(work).stream().filter(part -> !known.containsKey(part.id())).toList();
  }

  private Collection<ContentPart> parts(VertexWork work) {
    return work.selected.keySet().stream()
        .map(input -> part(work, input))
        .flatMap(Optional::stream)
        .toList();
  }

  private Optional<ContentPart> part(VertexWork work, int input) {
    Edge edge = work.vertex.inputs().get(input);
    LayerChain chain = keyed.of(edge.vertex()).results.get(edge.output());
    return chain == null || !ContentPart.isWorthDigesting(chain, work.selected.get(input))
        ? Optional.empty()
        : Optional.of(ContentPart.of(chain, work.selected.get(input)));
  }
}
