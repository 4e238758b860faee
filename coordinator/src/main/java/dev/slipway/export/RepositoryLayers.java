package dev.slipway.export;

import dev.slipway.cache.LayerRecord.Blob;
import dev.slipway.error.SlipwayException;
import dev.slipway.identity.Rights;
import dev.slipway.oci.ImageReference;
import dev.slipway.progress.Progress;
import dev.slipway.registry.Authenticator;
import dev.slipway.registry.BlobTransfer;
import dev.slipway.registry.RegistryClient.PushAccess;
import dev.slipway.registry.RetryPolicy;
import dev.slipway.solve.BuildContext;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;

/** Brings layers into one repository for no image and no build: their blobs alone. @ThreadSafe */
public final class RepositoryLayers implements AutoCloseable {
  private static final BuildContext NO_BUILD =
      new BuildContext("durability", "", Rights.of(""), Progress.NONE);

  private final ExportParts parts;
  private final ImageReference name;
  private final Authenticator authenticator;
  private final BlobTransfer transfer;
  private final PushedBlobs pushed = new PushedBlobs();

  public RepositoryLayers(ExportParts parts, ImageReference name, Authenticator authenticator) {
    this.parts = parts;
    this.transfer = new BlobTransfer(RetryPolicy.DEFAULT, Optional.empty(), parts.tls());
    this.name = name;
    this.authenticator = authenticator;
  }

  /** Returns the blobs of the layers, all of which are in the repository then. */
  public Map<String, Blob> store(Collection<String> layers)
      throws SlipwayException, InterruptedException {
    BlobMaking making =
        new BlobMaking(
            parts,
            NO_BUILD,
            new ExportProgress(Progress.NONE, parts.clock(), "durability", "storing layers"));
    LayerPush push =
        new LayerPush(
            parts,
            authenticator,
            making,
            new BlobRelay(parts, authenticator, making, transfer),
            pushed);
    PushAccess access = push.access(name, false, layers);
    return push.push(access, parts.registries().open(access), layers);
  }

  @Override
  public void close() {
    transfer.close();
  }
}
