package dev.slipway.fleet;

import dev.slipway.cache.LayerRecord;
import dev.slipway.certificates.FarmHttpClient;
import dev.slipway.certificates.WorkerName;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.oci.Platform;
import dev.slipway.protocol.worker.HeldLayer;
import dev.slipway.protocol.worker.Hello;
import dev.slipway.protocol.worker.StepResult;
import java.net.URI;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads what workers say about themselves, and believes only what is well-formed. */
final class HelloReader {
  private static final Logger LOG = LoggerFactory.getLogger(HelloReader.class);

  /** Ids end up in URLs, tokens and log lines. */
  private static final Pattern WORKER_ID = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,127}");

  private static final Pattern LAYER_ID =
      Pattern.compile("(chain|tree|snap|part):[A-Za-z0-9:._-]{1,200}");

  /** No machine runs more stages at once; a larger number is a mistake. */
  private static final int MAX_SLOTS = 4096;

  private HelloReader() {}

  /** Returns the worker. @throws SlipwayException INVALID when the message makes no sense */
  static WorkerNode worker(Hello hello, Instant now) throws SlipwayException {
    if (!WORKER_ID.matcher(hello.getWorkerId()).matches()) {
      throw invalid("its id is malformed");
    }
    if (hello.getSlots() < 1 || hello.getSlots() > MAX_SLOTS) {
      throw invalid("it offers " + hello.getSlots() + " slots, not 1 to " + MAX_SLOTS);
    }
    if (!isHttpUrl(hello.getBlobUrl())) {
      throw invalid("its blob URL \"" + hello.getBlobUrl() + "\" is not an HTTP URL");
    }
    List<Platform> natives = platforms(hello.getNativePlatformsList());
    List<Platform> emulated = new ArrayList<>(platforms(hello.getEmulatedPlatformsList()));
    emulated.removeAll(natives);
    if (natives.isEmpty() && emulated.isEmpty()) {
      throw invalid("it offers no platform");
    }
    return new WorkerNode(
        hello.getWorkerId(),
        hello.getVersion(),
        natives,
        emulated,
        hello.getSlots(),
        FarmHttpClient.named(hello.getBlobUrl(), WorkerName.of(hello.getWorkerId())),
        hello.getLabelsMap(),
        now,
        hello.getIncarnation(),
        Math.max(0, hello.getMemoryBytes()));
  }

  /** What the index learns of results that the worker made. */
  static List<LayerRecord> results(String workerId, List<StepResult> results) {
    return layers(
        workerId, results.stream().flatMap(result -> result.getChainList().stream()).toList());
  }

  /** What the index learns of layers that the worker holds. */
  static List<LayerRecord> layers(String workerId, List<HeldLayer> held) {
    List<LayerRecord> layers = new ArrayList<>(held.size());
    for (HeldLayer layer : held) {
      if (LAYER_ID.matcher(layer.getLayerId()).matches()) {
        layers.add(
            new LayerRecord(
                layer.getLayerId(),
                Math.max(0, layer.getSize()),
                Optional.empty(),
                Optional.empty(),
                Set.of(workerId)));
      } else {
        LOG.atWarn()
            .addKeyValue("worker", workerId)
            .log("worker holds a layer of a malformed id; ignored");
      }
    }
    return layers;
  }

  private static List<Platform> platforms(List<dev.slipway.protocol.buildkit.ops.Platform> messages)
      throws SlipwayException {
    List<Platform> platforms = new ArrayList<>();
    for (var message : messages) {
      try {
        Platform platform =
            new Platform(
                message.getOS(),
                message.getArchitecture(),
                message.getVariant(),
                message.getOSVersion());
        if (!platforms.contains(platform)) {
          platforms.add(platform);
        }
      } catch (IllegalArgumentException e) {
        throw invalid("one of its platforms is malformed: " + e.getMessage());
      }
    }
    return platforms;
  }

  private static boolean isHttpUrl(String text) {
    try {
      URI uri = URI.create(text);
      return uri.getHost() != null
          && uri.getUserInfo() == null
          && ("http".equals(uri.getScheme()) || "https".equals(uri.getScheme()));
    } catch (IllegalArgumentException _) {
      return false;
    }
  }

  private static SlipwayException invalid(String why) {
    return new SlipwayException(ErrorKind.INVALID, "the worker cannot join: " + why);
  }
}
