package dev.slipway.fetch.blob;

import dev.slipway.context.ContextTree;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.fetch.FetchedTrees;
import dev.slipway.fetch.OncePerBuild;
import dev.slipway.fetch.RemoteSource;
import dev.slipway.fetch.Requester;
import dev.slipway.fetch.SingleFile;
import dev.slipway.fetch.SourceFacts;
import dev.slipway.graph.Op;
import dev.slipway.oci.Digest;
import java.io.IOException;
import java.io.InputStream;
import java.util.Set;

/**
 * Sources {@code docker-image+blob://} and {@code oci-layout+blob://}: one blob as a file, named by
 * its digest unless a name is wanted.
 */
public final class BlobSource implements RemoteSource {
  private static final Set<String> SCHEMES = Set.of(Blobs.REGISTRY, Blobs.LAYOUT);

  private final Blobs blobs;
  private final FetchedTrees trees;
  private final OncePerBuild<ContextTree> fetched = new OncePerBuild<>();

  public BlobSource(FetchedTrees trees, Blobs blobs) {
    this.trees = trees;
    this.blobs = blobs;
  }

  @Override
  public Set<String> schemes() {
    return SCHEMES;
  }

  @Override
  public String identifier(Op.Source source) {
    return source.identifier();
  }

  @Override
  public ContextTree tree(Op.Source source, Requester requester)
      throws SlipwayException, InterruptedException {
    Blobs.Place place = Blobs.Place.of(source);
    SingleFile file = SingleFile.of(source.attributes());
    String key = place + " " + file;
    return fetched.get(requester.buildId(), key, () -> fetch(place, file, key, requester));
  }

  private ContextTree fetch(Blobs.Place place, SingleFile file, String key, Requester requester)
      throws SlipwayException, InterruptedException {
    try (InputStream in = blobs.open(place, requester)) {
      FetchedTrees.Stored stored =
          trees.file(
              new FetchedTrees.Slot("blob", key, requester),
              file.wantedName().orElse(place.digest().hex()),
              file,
              0,
              in);
      check(place, stored.digest());
      return stored.tree();
    } catch (IOException e) {
      throw Blobs.broken(place, e);
    }
  }

  private static void check(Blobs.Place place, Digest found) throws SlipwayException {
    if (!found.equals(place.digest())) {
      throw new SlipwayException(
          ErrorKind.INVALID,
          "digest mismatch for " + place + ": " + found + " (expected: " + place.digest() + ")");
    }
  }

  @Override
  public SourceFacts facts(Op.Source source, SourceFacts.Wanted wanted, Requester requester)
      throws SlipwayException {
    Blobs.Place.of(source);
    return new SourceFacts.None();
  }

  @Override
  public void forget(String buildId) {
    fetched.forget(buildId);
  }
}
