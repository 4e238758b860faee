package dev.slipway.mounts;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.fleet.Fleet;
import dev.slipway.fleet.SoleCopies;
import dev.slipway.fleet.WorkerNode;
import dev.slipway.protocol.worker.Ask;
import dev.slipway.protocol.worker.CacheMount;
import dev.slipway.protocol.worker.FetchMount;
import dev.slipway.protocol.worker.HeldMount;
import dev.slipway.protocol.worker.MountCopy;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The cache mounts whose newest copy one worker alone has; the smallest first, as most of them are
 * saved then. @ThreadSafe
 */
public final class SoleMounts implements SoleCopies {
  private static final Logger LOG = LoggerFactory.getLogger(SoleMounts.class);

  /**
   * All that one worker gives away: about what a link of 1 GBit/s carries in two minutes. The
   * mounts that are left out begin with an older copy, or empty.
   */
  static final long MOST_BYTES = 16L << 30;

  /** A copy that takes longer is given up: as long as one of a few gigabytes takes. */
  private static final Duration FETCH_TIMEOUT = Duration.ofMinutes(5);

  private final Fleet fleet;
  private final MountIndex index;

  public SoleMounts(Fleet fleet, MountIndex index) {
    this.fleet = fleet;
    this.index = index;
  }

  private record Mount(String id, MountPlaces places, MountPlaces.Copy copy) {}

  @Override
  public List<SoleCopy> at(WorkerNode leaving, Set<String> staying) {
    List<Mount> sole = new ArrayList<>();
    index
        .heldBy(leaving.id())
        .forEach((id, places) -> {
          MountPlaces.Copy copy = places.of(leaving.id()).orElseThrow();
          if (places.copies().stream()
              .noneMatch(
                  other -> staying.contains(other.worker()) && other.version() >= copy.version())) {
            sole.add(new Mount(id, places, copy));
          }
        });
    sole.sort(
        Comparator.comparingLong((Mount mount) -> mount.copy().size()).thenComparing(Mount::id));
    List<SoleCopy> copies = new ArrayList<>();
    long bytes = 0;
    for (Mount mount : sole) {
      bytes += mount.copy().size();
      if (bytes > MOST_BYTES) {
        LOG.atWarn()
            .addKeyValue("worker", leaving.id())
            .addKeyValue("mounts", sole.size())
            .addKeyValue("left", sole.size() - copies.size())
            .log("cache mounts of a leaving worker are too large to be handed over");
        break;
      }
      copies.add(
          new SoleCopy(
              mount.id() + "@" + mount.copy().version(),
              mount.copy().size(),
              taker -> give(mount, leaving, taker)));
    }
    return copies;
  }

  /** The worker has it before the farm knows that it has. */
  private void give(Mount mount, WorkerNode leaving, WorkerNode taker)
      throws SlipwayException, InterruptedException {
    // What steps did since the mounts were listed counts too.
    MountPlaces known = index.find(Set.of(mount.id())).getOrDefault(mount.id(), mount.places());
    CacheMount question =
        CacheMount.newBuilder()
            .setMountId(mount.id())
            .setName(known.name())
            .setVersion(known.newest())
            .setHeldVersion(known.of(taker.id()).map(MountPlaces.Copy::version).orElse(0L))
            .setOldest(known.oldest())
            .setCapability(fleet.capability("mounts/" + mount.id()))
            .addCopies(
                MountCopy.newBuilder()
                    .setUrl(
                        leaving.blobUrl()
                            + "/mounts/"
                            + URLEncoder.encode(mount.id(), StandardCharsets.UTF_8))
                    .setVersion(known.of(leaving.id()).map(MountPlaces.Copy::version).orElse(0L)))
            .build();
    HeldMount held =
        fleet
            .ask(
                taker.id(),
                Ask.newBuilder().setFetchMount(FetchMount.newBuilder().setMount(question)).build(),
                FETCH_TIMEOUT)
            .getMountFetched()
            .getMount();
    if (!held.getMountId().equals(mount.id())) {
      throw new SlipwayException(
          ErrorKind.INTERNAL,
          "worker " + taker.id() + " was asked for " + mount.id() + " and took another mount");
    }
    index.held(taker.id(), MountIndex.Held.of(List.of(held)));
  }
}
