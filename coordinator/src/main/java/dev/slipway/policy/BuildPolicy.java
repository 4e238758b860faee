package dev.slipway.policy;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.fetch.OncePerBuild;
import dev.slipway.graph.Definition;
import dev.slipway.graph.Op;
import dev.slipway.graph.Vertex;
import dev.slipway.oci.Digest;
import dev.slipway.oci.Platform;
import dev.slipway.protocol.SourceRewriter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * What one build's sources have to pass: the rules of its request, then its client's program, which
 * is asked once about each source. @ThreadSafe
 */
public final class BuildPolicy {
  /** Everything is allowed. */
  public static final BuildPolicy NONE =
      new BuildPolicy(List.of(), Optional.empty(), Op.Source::identifier);

  private static final String BUILD = "";

  private final List<SourcePolicy> policies;
  private final Optional<ClientPolicy> client;
  private final Identifiers identifiers;
  private final OncePerBuild<Op.Source> decided = new OncePerBuild<>();

  /** The identifier of a source in the form that policies are written for. */
  public interface Identifiers {
    String of(Op.Source source) throws SlipwayException;
  }

  public BuildPolicy(
      List<SourcePolicy> policies, Optional<ClientPolicy> client, Identifiers identifiers) {
    this.policies = List.copyOf(policies);
    this.client = client;
    this.identifiers = identifiers;
  }

  /**
   * Returns the definition with the sources that are allowed. @throws SlipwayException {@code error
   * evaluating the source policy: …}
   */
  public Definition apply(Definition definition) throws SlipwayException, InterruptedException {
    return apply(definition, List.of(), client);
  }

  /** The same, by the rules alone, with more of them before the build's. */
  public Definition applyRules(Definition definition, List<SourcePolicy> more)
      throws SlipwayException, InterruptedException {
    return apply(definition, more, Optional.empty());
  }

  private Definition apply(
      Definition definition, List<SourcePolicy> more, Optional<ClientPolicy> asked)
      throws SlipwayException, InterruptedException {
    if (policies.isEmpty() && more.isEmpty() && asked.isEmpty()) {
      return definition;
    }
    Map<Digest, Future<Op.Source>> asking = new LinkedHashMap<>();
    Map<Digest, Op.Source> changed = new HashMap<>();
    // The client's program is asked about all of them at once.
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (Vertex vertex : definition.vertices().values()) {
        if (vertex.op() instanceof Op.Source source) {
          asking.put(
              vertex.digest(),
              threads.submit(() -> evaluate(source, vertex.platform(), more, asked)));
        }
      }
      try {
        for (Map.Entry<Digest, Future<Op.Source>> entry : asking.entrySet()) {
          Op.Source allowed = entry.getValue().get();
          if (!allowed.equals(definition.vertex(entry.getKey()).op())) {
            changed.put(entry.getKey(), allowed);
          }
        }
      } catch (ExecutionException e) {
        throw refused(e.getCause());
      } finally {
        threads.shutdownNow();
      }
    }
    return SourceRewriter.rewrite(definition, changed);
  }

  private static SlipwayException refused(Throwable cause) {
    return switch (cause) {
      case SlipwayException e -> during("error evaluating the source policy", e);
      case InterruptedException e ->
          new SlipwayException(
              ErrorKind.CANCELLED, "evaluating the source policy was interrupted", e);
      default -> throw new IllegalStateException("evaluating a source policy failed", cause);
    };
  }

  /**
   * Returns the source that is allowed when a frontend asks about it.
   *
   * @param more rules of the question, before the build's
   * @throws SlipwayException {@code could not resolve image due to policy: …}
   */
  public Op.Source check(Op.Source source, Optional<Platform> platform, List<SourcePolicy> more)
      throws SlipwayException, InterruptedException {
    return check(source, platform, more, client);
  }

  /** The same by the rules alone: the client's program itself asks. */
  public Op.Source checkRules(Op.Source source, Optional<Platform> platform)
      throws SlipwayException, InterruptedException {
    return check(source, platform, List.of(), Optional.empty());
  }

  private Op.Source check(
      Op.Source source,
      Optional<Platform> platform,
      List<SourcePolicy> more,
      Optional<ClientPolicy> asked)
      throws SlipwayException, InterruptedException {
    try {
      return evaluate(source, platform, more, asked);
    } catch (SlipwayException e) {
      throw during("could not resolve image due to policy", e);
    }
  }

  private Op.Source evaluate(
      Op.Source source,
      Optional<Platform> platform,
      List<SourcePolicy> more,
      Optional<ClientPolicy> asked)
      throws SlipwayException, InterruptedException {
    List<SourcePolicy> all = new ArrayList<>(more);
    all.addAll(policies);
    if (all.isEmpty() && asked.isEmpty()) {
      return source;
    }
    Op.Source allowed =
        PolicyEngine.evaluate(all, new Op.Source(identifiers.of(source), source.attributes()));
    if (asked.isEmpty()) {
      return allowed;
    }
    return decided.get(
        BUILD,
        allowed.identifier() + " " + new TreeMap<>(allowed.attributes()) + " " + platform,
        () -> asked.get().decide(allowed, platform, again -> PolicyEngine.evaluate(all, again)));
  }

  private static SlipwayException during(String what, SlipwayException e) {
    return e instanceof PolicyDenied denied
        ? denied.during(what)
        : new SlipwayException(e.kind(), what + ": " + e.getMessage(), e);
  }
}
