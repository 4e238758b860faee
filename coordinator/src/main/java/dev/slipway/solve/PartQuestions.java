package dev.slipway.solve;

import dev.slipway.error.SlipwayException;
import dev.slipway.protocol.worker.Ask;
import dev.slipway.protocol.worker.DigestPart;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Questions to workers for the digests of parts, each asked once per solve and answered with an
 * event. A worker that cannot tell costs nothing but the hit. Owned by the driver's thread; the
 * waiting is done on others.
 */
final class PartQuestions {
  private static final Logger LOG = LoggerFactory.getLogger(PartQuestions.class);

  /**
   * Reading a gigabyte from a slow disk takes this long; a step whose digest takes longer had
   * better run.
   */
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final SolveParts parts;
  private final PartReferences references;
  private final BuildContext build;
  private final Consumer<SolveEvent> driver;
  private final Set<String> asked = new HashSet<>();
  private final Map<String, Thread> open = new HashMap<>();

  PartQuestions(SolveParts parts, BuildContext build, Consumer<SolveEvent> driver) {
    this.parts = parts;
    this.references = new PartReferences(parts.index(), parts.fleet());
    this.build = build;
    this.driver = driver;
  }

  /** Asks for those that were not asked for before and whose files some worker has. */
  void ask(Collection<ContentPart> wanted) {
    Map<String, ContentPart> fresh = new LinkedHashMap<>();
    for (ContentPart part : wanted) {
      if (asked.add(part.id())) {
        fresh.put(part.id(), part);
      }
    }
    references
        .holders(fresh.values())
        .forEach((id, workers) -> {
          String worker = workers.getFirst();
          open.put(
              id,
              Thread.ofVirtual()
                  .name("digest-" + build.buildId())
                  .start(() -> ask(fresh.get(id), worker)));
        });
  }

  boolean isOpen(String partId) {
    return open.containsKey(partId);
  }

  boolean isAnyOpen() {
    return !open.isEmpty();
  }

  void close(String partId) {
    open.remove(partId);
  }

  /** Nobody waits for the answers any more. */
  void abandon() {
    open.values().forEach(Thread::interrupt);
    open.clear();
  }

  private void ask(ContentPart part, String worker) {
    Optional<String> digest = Optional.empty();
    try {
      var layers = parts.references().describe(part.chain(), build, worker);
      Ask question =
          Ask.newBuilder()
              .setDigestPart(
                  DigestPart.newBuilder()
                      .setChain(
                          dev.slipway.protocol.worker.LayerChain.newBuilder().addAllLayers(layers))
                      .addAllSelectors(part.request().getSelectorsList()))
              .build();
      String answer = parts.fleet().ask(worker, question, PATIENCE).getPartDigested().getDigest();
      digest = Optional.of(answer).filter(text -> !text.isEmpty());
    } catch (SlipwayException e) {
      LOG.atDebug()
          .addKeyValue("build", build.buildId())
          .addKeyValue("worker", worker)
          .addKeyValue("part", part.id())
          .addKeyValue("reason", e.getMessage())
          .log("content not digested; the step runs");
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    } finally {
      driver.accept(new SolveEvent.PartDigested(part.id(), digest));
    }
  }
}
