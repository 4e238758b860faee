package dev.slipway.registry;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.oci.Descriptor;
import dev.slipway.oci.Digest;
import dev.slipway.oci.ImageReference;
import dev.slipway.oci.Platform;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Follows a reference to a platform's manifest and configuration. Keeps small immutable documents
 * in memory. @ThreadSafe
 */
final class ImageResolver {
  /** All kept documents together; a manifest with its configuration has some 10 KiB. */
  private static final long MOST_KEPT_BYTES = 32L * 1024 * 1024;

  private final Opener opener;
  private final Retries rounds;

  /** Guarded by itself. Least recently used first. */
  private final Map<Digest, Manifests.Document> kept = new LinkedHashMap<>(16, 0.75f, true);

  private long keptBytes; // guarded by kept

  /**
   * @param rounds over all servers of a host, as long as one of them fails for now
   */
  ImageResolver(Opener opener, Retries rounds) {
    this.opener = opener;
    this.rounds = rounds;
  }

  ResolvedImage resolve(ImageReference reference, Platform platform, Authenticator authenticator)
      throws SlipwayException, InterruptedException {
    Retries.Pace pace = rounds.pace();
    while (true) {
      List<RegistryClient.OpenForReading> servers = opener.open(reference, authenticator);
      List<SlipwayException> answers = new ArrayList<>();
      List<SlipwayException> silences = new ArrayList<>();
      for (RegistryClient.OpenForReading server : servers) {
        try {
          return resolveAt(server, reference, platform);
        } catch (SlipwayException e) {
          (e.kind() == ErrorKind.UNAVAILABLE ? silences : answers).add(e);
        }
      }
      SlipwayException failure = explain(reference, answers, silences);
      // One server has had all its attempts already.
      if (silences.isEmpty() || servers.size() == 1 || !pace.another(silences.getLast())) {
        throw failure;
      }
    }
  }

  /** A mirror's answer says more than the silence of the host behind it. */
  private static SlipwayException explain(
      ImageReference reference, List<SlipwayException> answers, List<SlipwayException> silences) {
    List<SlipwayException> rest = new ArrayList<>(silences);
    SlipwayException last = answers.isEmpty() ? rest.removeLast() : answers.getLast();
    SlipwayException explained = explain(reference, last);
    if (rest.isEmpty()) {
      return explained;
    }
    return new SlipwayException(
        explained.kind(),
        explained.getMessage()
            + rest.stream()
                .map(SlipwayException::getMessage)
                .collect(Collectors.joining("; and ", " (and ", ")")),
        explained);
  }

  /** In the words that Docker's users search the web for. */
  private static SlipwayException explain(ImageReference reference, SlipwayException e) {
    String failed = "failed to resolve source metadata for " + reference + ": ";
    if (e instanceof RegistryException answer && answer.status() == 404) {
      return new SlipwayException(ErrorKind.NOT_FOUND, failed + reference + ": not found", e);
    }
    if (e instanceof RegistryException answer
        && (answer.status() == 401 || answer.status() == 403)) {
      String server =
          String.join(
              "; ",
              answer.diagnostics().stream().map(RegistryException.Diagnostic::toString).toList());
      return new SlipwayException(
          ErrorKind.DENIED,
          failed
              + "pull access denied, repository does not exist or may require authorization: server message: "
              + (server.isEmpty() ? answer.status() + " at " + answer.url() : server),
          e);
    }
    return new SlipwayException(e.kind(), failed + e.getMessage(), e);
  }

  private ResolvedImage resolveAt(
      RegistryClient.OpenForReading server, ImageReference reference, Platform platform)
      throws SlipwayException, InterruptedException {
    Manifests manifests = server.manifests(reference);
    return new ImageFollower(
            new ImageDocuments() {
              @Override
              public Document root() throws SlipwayException, InterruptedException {
                return document(manifests.get(reference.object()));
              }

              @Override
              public Document manifest(Digest digest)
                  throws SlipwayException, InterruptedException {
                return document(keptOr(digest, () -> manifests.get(digest.value())));
              }

              @Override
              public byte[] config(Descriptor config)
                  throws SlipwayException, InterruptedException {
                return keptOr(
                        config.digest(),
                        () ->
                            new Manifests.Document(
                                config.mediaType(),
                                config.digest(),
                                server.document(
                                    reference, config.digest(), ImageDocuments.LARGEST_CONFIG)))
                    .content();
              }
            })
        .follow(reference, platform);
  }

  private static ImageDocuments.Document document(Manifests.Document document) {
    return new ImageDocuments.Document(document.mediaType(), document.digest(), document.content());
  }

  private Manifests.Document keptOr(Digest digest, Fetch fetch)
      throws SlipwayException, InterruptedException {
    synchronized (kept) {
      Optional<Manifests.Document> document = Optional.ofNullable(kept.get(digest));
      if (document.isPresent()) {
        return document.get();
      }
    }
    Manifests.Document fresh = fetch.fetch();
    synchronized (kept) {
      if (kept.put(digest, fresh) == null) {
        keptBytes += fresh.content().length;
      }
      while (keptBytes > MOST_KEPT_BYTES && kept.size() > 1) {
        Digest oldest = kept.keySet().iterator().next();
        keptBytes -= kept.remove(oldest).content().length;
      }
    }
    return fresh;
  }

  private interface Fetch {
    Manifests.Document fetch() throws SlipwayException, InterruptedException;
  }

  /** Opens the servers of a registry host, in the order to be asked. */
  interface Opener {
    List<RegistryClient.OpenForReading> open(ImageReference name, Authenticator authenticator)
        throws SlipwayException, InterruptedException;
  }
}
