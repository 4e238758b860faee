package dev.slipway.fleet;

import dev.slipway.cache.LayerCensus;
import dev.slipway.cache.LayerRecord;
import dev.slipway.protocol.worker.Ask;
import dev.slipway.protocol.worker.FetchLayers;
import dev.slipway.protocol.worker.Layer;
import dev.slipway.protocol.worker.LayerChain;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Set;

/**
 * The layers of results in the cache that one worker alone holds, those of the newest results
 * first. @ThreadSafe
 */
public final class SoleLayers implements SoleCopies {
  /** A layer that takes longer is given up; most take a second. */
  private static final Duration FETCH_TIMEOUT = Duration.ofMinutes(5);

  private final Fleet fleet;
  private final LayerCensus census;

  public SoleLayers(Fleet fleet, LayerCensus census) {
    this.fleet = fleet;
    this.census = census;
  }

  @Override
  public List<SoleCopy> at(WorkerNode leaving, Set<String> staying) {
    return census.onlyAt(leaving.id()).stream()
        .map(layer ->
            new SoleCopy(
                layer.id(),
                0,
                taker -> fleet.ask(taker.id(), question(leaving, layer), FETCH_TIMEOUT)))
        .toList();
  }

  /** The layer alone: what lies below it does not matter to its bytes. */
  private Ask question(WorkerNode leaving, LayerRecord record) {
    Layer.Builder layer =
        Layer.newBuilder()
            .setId(record.id())
            .setSize(record.size())
            .addPeerUrls(
                leaving.blobUrl()
                    + "/layers/"
                    + URLEncoder.encode(record.id(), StandardCharsets.UTF_8))
            .setCapability(fleet.capability("layers/" + record.id()));
    record.blob().ifPresent(blob -> layer.setDiffId(blob.diffId().value()));
    return Ask.newBuilder()
        .setFetchLayers(
            FetchLayers.newBuilder().addChains(LayerChain.newBuilder().addLayers(layer)))
        .build();
  }
}
