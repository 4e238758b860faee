package dev.slipway.source;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.oci.Digest;
import dev.slipway.protocol.worker.Layer;
import dev.slipway.snapshot.StoredLayer;
import dev.slipway.telemetry.Meters;
import dev.slipway.telemetry.TransferMetric;
import dev.slipway.telemetry.WorkerMetric;
import java.io.IOException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Layers as tars. The bytes are verified before they become a layer: against the diffId that the
 * coordinator knows, else against the digest that the sender computed while it read its disk. What
 * differs is thrown away and taken from the next. @ThreadSafe
 */
final class TarFetch {
  private static final Logger LOG = LoggerFactory.getLogger(TarFetch.class);
  private static final String SNAP = "snap:";

  /** Letters of an id that people are shown. */
  private static final int BRIEF = 8;

  private final PeerClient http;
  private final Peers peers;
  private final Unpacking unpacking;
  private final InstantSource clock;
  private final Meters meters;

  TarFetch(PeerClient http, Peers peers, Unpacking unpacking, InstantSource clock, Meters meters) {
    this.http = http;
    this.peers = peers;
    this.unpacking = unpacking;
    this.clock = clock;
    this.meters = meters;
  }

  /**
   * Fetches the layer.
   *
   * @throws NobodyGaveException when no origin gave it, or none as it should be
   */
  StoredLayer fetch(LayerOrigins.Wanted wanted, List<TarOrigin> origins)
      throws SlipwayException, InterruptedException {
    List<TarOrigin> left = new ArrayList<>(origins);
    List<String> failures = new ArrayList<>();
    Set<String> absentAt = new LinkedHashSet<>();
    boolean mixed = true;
    while (!left.isEmpty()) {
      List<TarOrigin> asked =
          mixed ? left : peers.ordered(left, TarOrigin::host, wanted.layer().getId()).subList(0, 1);
      Attempt attempt = new Attempt(wanted, asked);
      try {
        return attempt.run();
      } catch (SlipwayException e) {
        failures.add(LayerOrigins.failure(e));
      }
      TarStream stream = attempt.stream;
      stream.absent().forEach(origin -> absentAt.add(origin.url().toString()));
      if (mixed && !stream.isExhausted() && stream.givers().size() > 1) {
        // Each may be right and only their sum wrong, so from now on they are not mixed.
        mixed = false;
        continue;
      }
      Set<TarOrigin> gone = new HashSet<>(stream.absent());
      gone.addAll(stream.isExhausted() || stream.givers().isEmpty() ? asked : stream.givers());
      left.removeAll(gone);
      if (!stream.isExhausted()) {
        stream.givers().forEach(origin -> peers.doubt(origin.host()));
      }
    }
    throw new NobodyGaveException(String.join("; ", failures), List.copyOf(absentAt));
  }

  /** One stream from its first byte to its last. */
  private final class Attempt {
    private final LayerOrigins.Wanted wanted;
    private final TarStream stream;
    private final StatusLine line;

    Attempt(LayerOrigins.Wanted wanted, List<TarOrigin> origins) {
      this.wanted = wanted;
      Layer layer = wanted.layer();
      boolean tree = origins.stream().noneMatch(TarOrigin::worker);
      this.line =
          StatusLine.start(
              tree ? TransferProgress.NONE : wanted.progress(),
              clock,
              "transferring " + called(layer.getId()),
              layer.getSize());
      this.stream = new TarStream(http, peers, layer.getId(), origins, line::at);
    }

    /** What people call it, with as much of its id as tells several apart. */
    private static String called(String id) {
      int kind = id.indexOf(':');
      String word = id.substring(id.lastIndexOf(':') + 1);
      String brief = word.substring(0, Math.min(word.length(), BRIEF));
      return switch (id.substring(0, Math.max(0, kind))) {
        case "part" -> "files of another stage (" + brief + ")";
        case "chain" -> "layer of an image (" + brief + ")";
        default -> "layer of an earlier step (" + brief + ")";
      };
    }

    StoredLayer run() throws SlipwayException, InterruptedException {
      try (stream;
          Meters.Ongoing _ = meters.phase(WorkerMetric.Phase.TRANSFERRING)) {
        stream.open();
        StoredLayer stored = unpacking.tar(wanted, stream, this::check);
        line.done();
        return stored;
      } catch (IOException e) {
        throw new SlipwayException(ErrorKind.UNAVAILABLE, String.valueOf(e.getMessage()), e);
      } finally {
        count(TransferMetric.Path.PEER, stream.fromWorkers());
        count(TransferMetric.Path.COORDINATOR, stream.fromCoordinator());
      }
    }

    private void count(TransferMetric.Path path, long bytes) {
      if (bytes > 0) {
        meters.add(TransferMetric.LAYER_BYTES, bytes, path);
        wanted.moved().add(path, bytes);
      }
    }

    private Optional<Digest> check(Digest actual)
        throws SlipwayException, IOException, InterruptedException {
      stream.release();
      Optional<Digest> known = known();
      if (known.isPresent() && !known.get().equals(actual)) {
        throw wrong("the tar has digest " + actual + " instead of " + known.get());
      }
      if (known.isEmpty() && stream.givers().size() > 1) {
        throw wrong("it came from " + stream.givers() + " and none knows what it should be");
      }
      return isOurs() ? Optional.of(actual) : Optional.empty();
    }

    /** An image layer's diffId is of the tar of its maker, which no worker writes again. */
    private boolean isOurs() {
      return wanted.layer().getId().startsWith(SNAP);
    }

    private Optional<Digest> known() throws InterruptedException {
      Optional<Digest> diffId = isOurs() ? Unpacking.diffId(wanted) : Optional.empty();
      if (diffId.isPresent() || !stream.last().worker()) {
        return diffId;
      }
      try {
        return http.tarDigest(stream.last());
      } catch (IOException e) {
        LOG.atDebug()
            .addKeyValue("layer", wanted.layer().getId())
            .addKeyValue("reason", e.toString())
            .log("the sender of a layer did not tell its digest");
        return Optional.empty();
      }
    }

    private SlipwayException wrong(String how) {
      String message = stream.givers() + " gave a wrong layer: " + how;
      LOG.atWarn()
          .addKeyValue("layer", wanted.layer().getId())
          .addKeyValue("reason", message)
          .log("layer thrown away");
      return new SlipwayException(ErrorKind.INVALID, message);
    }
  }
}
