package dev.slipway.fetch.layout;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.fetch.OncePerBuild;
import dev.slipway.fetch.Requester;
import dev.slipway.graph.Op;
import dev.slipway.oci.Descriptor;
import dev.slipway.oci.Digest;
import dev.slipway.oci.ImageReference;
import dev.slipway.oci.Platform;
import dev.slipway.registry.ImageDocuments;
import dev.slipway.registry.ImageFollower;
import dev.slipway.registry.ResolvedImage;
import dev.slipway.session.ClientContent;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Sources {@code oci-layout://name@digest}: the documents are read when they are asked for, layers
 * when a worker wants them, as long as the build lives. @ThreadSafe
 */
public final class OciLayouts {
  public static final String SCHEME = "oci-layout";

  /** As registries' manifests. */
  private static final int LARGEST_MANIFEST = 8 << 20;

  private final OncePerBuild<ResolvedImage> resolved = new OncePerBuild<>();

  /** By build, then by digest. */
  private final Map<String, Map<Digest, ClientContent>> blobs = new ConcurrentHashMap<>();

  /** The image that the source means for the platform. */
  public ResolvedImage resolve(Op.Source source, Platform platform, Requester requester)
      throws SlipwayException, InterruptedException {
    Digest root = root(source);
    String store = source.attributes().getOrDefault("oci.store", "");
    String session = source.attributes().getOrDefault("oci.session", "");
    String key = source.identifier() + " " + store + " " + session + " " + platform;
    return resolved.get(
        requester.buildId(),
        key,
        () -> {
          ClientContent content =
              new ClientContent(
                  requester.session(session, "reading " + source.identifier()),
                  "oci:" + (store.isEmpty() ? name(source) : store));
          ResolvedImage image =
              new ImageFollower(new Documents(content, root, source.identifier()))
                  .follow(reference(source, root), platform);
          Map<Digest, ClientContent> mine =
              blobs.computeIfAbsent(requester.buildId(), _ -> new ConcurrentHashMap<>());
          image.layers().forEach(layer -> mine.put(layer.blob().digest(), content));
          return image;
        });
  }

  /** The client's store that has a blob of a layout that the build has resolved. */
  public Optional<ClientContent> blob(String buildId, Digest digest) {
    return Optional.ofNullable(blobs.getOrDefault(buildId, Map.of()).get(digest));
  }

  /** Drops what was remembered for the build. */
  public void forget(String buildId) {
    resolved.forget(buildId);
    blobs.remove(buildId);
  }

  private static Digest root(Op.Source source) throws SlipwayException {
    String locator = source.locator();
    String digest = locator.substring(locator.lastIndexOf('@') + 1);
    if (!Digest.isDigest(digest)) {
      throw new SlipwayException(
          ErrorKind.INVALID, "reference \"" + locator + "\" must have digest");
    }
    return new Digest(digest);
  }

  private static String name(Op.Source source) {
    String locator = source.locator().substring(0, source.locator().lastIndexOf('@'));
    int slash = locator.lastIndexOf('/');
    int colon = locator.indexOf(':', slash + 1);
    return colon < 0 ? locator : locator.substring(0, colon);
  }

  /** Names of layouts follow no grammar: one that is no image's is the digest alone. */
  private static ImageReference reference(Op.Source source, Digest root) {
    try {
      return ImageReference.parseAsWritten(source.locator());
    } catch (IllegalArgumentException e) {
      return ImageReference.parse("layout").withDigest(root);
    }
  }

  private record Documents(ClientContent content, Digest rootDigest, String name)
      implements ImageDocuments {
    @Override
    public Document root() throws SlipwayException, InterruptedException {
      return new Document("", rootDigest, read(rootDigest, LARGEST_MANIFEST));
    }

    @Override
    public Document manifest(Digest digest) throws SlipwayException, InterruptedException {
      return new Document("", digest, read(digest, LARGEST_MANIFEST));
    }

    @Override
    public byte[] config(Descriptor config) throws SlipwayException, InterruptedException {
      return read(config.digest(), LARGEST_CONFIG);
    }

    private byte[] read(Digest digest, int limit) throws SlipwayException, InterruptedException {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      byte[] buffer = new byte[1 << 14];
      try (InputStream in = content.open(digest)) {
        for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
          if (bytes.size() + count > limit) {
            throw new SlipwayException(
                ErrorKind.EXHAUSTED,
                "blob " + digest + " of " + name + " is larger than " + limit + " bytes");
          }
          bytes.write(buffer, 0, count);
        }
      } catch (IOException e) {
        if (e.getCause() instanceof SlipwayException known) {
          throw known;
        }
        throw new SlipwayException(
            ErrorKind.UNAVAILABLE,
            "reading blob " + digest + " of " + name + " failed: " + e.getMessage(),
            e);
      }
      Digest found = Digest.of(bytes.toByteArray());
      if (!found.equals(digest)) {
        throw new SlipwayException(
            ErrorKind.INVALID, "blob " + digest + " of " + name + " has digest " + found);
      }
      return bytes.toByteArray();
    }
  }
}
