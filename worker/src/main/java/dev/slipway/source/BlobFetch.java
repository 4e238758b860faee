package dev.slipway.source;

import dev.slipway.error.SlipwayException;
import dev.slipway.oci.Digest;
import dev.slipway.protocol.worker.BlobSource;
import dev.slipway.protocol.worker.Layer;
import dev.slipway.protocol.worker.LayerBlob;
import dev.slipway.registry.BlobTransfer;
import dev.slipway.snapshot.StoredLayer;
import dev.slipway.telemetry.Meters;
import dev.slipway.telemetry.TransferMetric;
import dev.slipway.telemetry.WorkerMetric;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Layers of images as the blobs that their makers pushed: from workers that have kept them, else
 * from a registry. @ThreadSafe
 */
final class BlobFetch {
  private static final int BUFFER = 128 << 10;

  private final PeerClient http;
  private final Peers peers;
  private final BlobTransfer transfer;
  private final Unpacking unpacking;
  private final Path scratch;
  private final InstantSource clock;
  private final Meters meters;

  BlobFetch(
      PeerClient http,
      Peers peers,
      BlobTransfer transfer,
      Unpacking unpacking,
      Path scratch,
      InstantSource clock,
      Meters meters) {
    this.http = http;
    this.peers = peers;
    this.transfer = transfer;
    this.unpacking = unpacking;
    this.scratch = scratch;
    this.clock = clock;
    this.meters = meters;
  }

  StoredLayer fetch(LayerOrigins.Wanted wanted)
      throws SlipwayException, IOException, InterruptedException {
    Digest digest = new Digest(wanted.layer().getBlob().getDigest());
    Path file = Files.createTempFile(scratch, "blob-", "");
    try {
      try (Peers.Slot _ = peers.slot()) {
        download(wanted, digest, file);
      }
      wanted.below().await();
      StatusLine line =
          StatusLine.start(wanted.progress(), clock, "extracting " + digest.value(), 0);
      try (InputStream in = new BufferedInputStream(Files.newInputStream(file), BUFFER)) {
        StoredLayer stored = unpacking.blob(wanted, file, in);
        line.done();
        return stored;
      }
    } finally {
      Files.deleteIfExists(file);
    }
  }

  private void download(LayerOrigins.Wanted wanted, Digest digest, Path file)
      throws SlipwayException, IOException, InterruptedException {
    LayerBlob blob = wanted.layer().getBlob();
    StatusLine line = StatusLine.start(wanted.progress(), clock, digest.value(), blob.getSize());
    Heard heard = new Heard(line);
    try (Meters.Ongoing _ = meters.phase(WorkerMetric.Phase.PULLING)) {
      transfer.download(
          new BlobTransfer.Blob(
              digest, blob.getSize() > 0 ? blob.getSize() : -1, sources(blob, peers)),
          file,
          heard);
    } finally {
      heard.taken.forEach((path, bytes) -> {
        meters.add(TransferMetric.LAYER_BYTES, bytes, path);
        wanted.moved().add(path, bytes);
      });
      for (BlobTransfer.Source source : heard.corrupt) {
        http.doubtBlob(source);
      }
    }
    line.done();
  }

  /** The blob of a layer, with its sources in the order that they were given in. */
  static BlobTransfer.Blob blob(Layer layer) {
    LayerBlob blob = layer.getBlob();
    return new BlobTransfer.Blob(
        new Digest(blob.getDigest()),
        blob.getSize() > 0 ? blob.getSize() : -1,
        blob.getSourcesList().stream().map(BlobFetch::source).toList());
  }

  /** Workers first, spread; those that did not answer lately after the registries. */
  private static List<BlobTransfer.Source> sources(LayerBlob blob, Peers peers) {
    List<BlobTransfer.Source> all = blob.getSourcesList().stream().map(BlobFetch::source).toList();
    List<BlobTransfer.Source> workers =
        peers.ordered(
            all.stream().filter(BlobTransfer.Source::worker).toList(),
            source -> source.url().getAuthority(),
            blob.getDigest());
    List<BlobTransfer.Source> sources = new ArrayList<>();
    workers.stream()
        .filter(source -> !peers.isDoubted(source.url().getAuthority()))
        .forEach(sources::add);
    all.stream().filter(source -> !source.worker()).forEach(sources::add);
    workers.stream().filter(source -> !sources.contains(source)).forEach(sources::add);
    return sources;
  }

  private static BlobTransfer.Source source(BlobSource source) {
    return new BlobTransfer.Source(
        URI.create(source.getUrl()),
        source.getAuthorization(),
        source.getInsecureTls(),
        source.getWorker());
  }

  /** What happens to one download. */
  private final class Heard implements BlobTransfer.Listener {
    private final StatusLine line;
    private final Map<TransferMetric.Path, Long> taken = new HashMap<>();
    private final List<BlobTransfer.Source> corrupt = new ArrayList<>();

    Heard(StatusLine line) {
      this.line = line;
    }

    @Override
    public void received(long total) {
      line.at(total);
    }

    @Override
    public void taken(BlobTransfer.Source source, long bytes) {
      TransferMetric.Path path =
          source.isFile()
              ? TransferMetric.Path.DURABLE
              : source.worker() ? TransferMetric.Path.PEER : TransferMetric.Path.REGISTRY;
      taken.merge(path, bytes, Long::sum);
    }

    @Override
    public void corrupt(BlobTransfer.Source source) {
      if (source.worker()) {
        corrupt.add(source);
        peers.doubt(source.url().getAuthority());
      }
    }
  }
}
