package dev.slipway.registry;

import dev.slipway.error.SlipwayException;
import dev.slipway.oci.Descriptor;
import dev.slipway.oci.Digest;
import java.nio.file.Path;
import java.util.function.LongConsumer;

/**
 * One repository of one registry, opened for pushing on behalf of one principal.
 * Blocking. @ThreadSafe
 */
public final class Repository {
  private final String name;
  private final BlobUpload blobs;
  private final Manifests manifests;

  Repository(String name, BlobUpload blobs, Manifests manifests) {
    this.name = name;
    this.blobs = blobs;
    this.manifests = manifests;
  }

  public boolean hasBlob(Digest digest) throws SlipwayException, InterruptedException {
    return blobs.exists(digest);
  }

  /** Uploads the bytes unless they are there. @return whether anything was sent */
  public boolean pushBlob(byte[] content) throws SlipwayException, InterruptedException {
    return blobs.push(Digest.of(content), UploadBody.ofBytes(content), _ -> {});
  }

  /** Uploads the file unless the blob is there. @return whether anything was sent */
  public boolean pushBlob(Digest digest, Path file, LongConsumer sent)
      throws SlipwayException, InterruptedException {
    return blobs.push(digest, UploadBody.ofFile(file), sent);
  }

  /**
   * Takes the blob over from another repository of the same registry. The repository must have been
   * opened with that one named.
   *
   * @return false when the registry would rather have the bytes
   */
  public boolean mountBlob(Digest digest, String fromRepository)
      throws SlipwayException, InterruptedException {
    return blobs.mount(digest, fromRepository);
  }

  /** Saves a manifest or index under a tag, or under its own digest. */
  public Descriptor pushManifest(String tagOrDigest, String mediaType, byte[] content)
      throws SlipwayException, InterruptedException {
    manifests.put(tagOrDigest, new Manifests.Document(mediaType, Digest.of(content), content));
    return Descriptor.of(mediaType, content);
  }

  @Override
  public String toString() {
    return name;
  }
}
