package dev.slipway.fetch;

import dev.slipway.context.ContextTree;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.graph.Op;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** All kinds of sources that give directories, by scheme. @ThreadSafe */
public final class RemoteSources {
  /** No source at all. */
  public static final RemoteSources NONE = new RemoteSources(_ -> {}, List.of());

  private final Map<String, RemoteSource> byScheme = new HashMap<>();
  private final List<RemoteSource> all;
  private final Consumer<String> letGo;

  /**
   * @param letGo ends all that was kept for a build
   */
  public RemoteSources(Consumer<String> letGo, List<RemoteSource> all) {
    this.letGo = letGo;
    this.all = List.copyOf(all);
    for (RemoteSource source : all) {
      source.schemes().forEach(scheme -> byScheme.put(scheme, source));
    }
  }

  /** Whether there is one for the scheme. */
  public boolean serves(String scheme) {
    return byScheme.containsKey(scheme);
  }

  /** The identifier in the form that policies see; as it is when no source here is for it. */
  public String identifier(Op.Source source) throws SlipwayException {
    RemoteSource found = byScheme.get(source.scheme());
    return found == null ? source.identifier() : found.identifier(source);
  }

  /** See {@link RemoteSource#tree}. */
  public ContextTree tree(Op.Source source, Requester requester)
      throws SlipwayException, InterruptedException {
    return of(source).tree(source, requester);
  }

  /** See {@link RemoteSource#facts}. */
  public SourceFacts facts(Op.Source source, SourceFacts.Wanted wanted, Requester requester)
      throws SlipwayException, InterruptedException {
    return of(source).facts(source, wanted, requester);
  }

  private RemoteSource of(Op.Source source) throws SlipwayException {
    return Optional.ofNullable(byScheme.get(source.scheme()))
        .orElseThrow(() -> unknownScheme(source));
  }

  /** In BuildKit's words. */
  public static SlipwayException unknownScheme(Op.Source source) {
    return source.scheme().isEmpty()
        ? new SlipwayException(
            ErrorKind.INVALID, "failed to parse " + source.identifier() + ": invalid")
        : new SlipwayException(
            ErrorKind.NOT_FOUND, "unknown scheme " + source.scheme() + ": not found");
  }

  /** Drops what was remembered and kept for the build. */
  public void forget(String buildId) {
    all.forEach(source -> source.forget(buildId));
    letGo.accept(buildId);
  }
}
