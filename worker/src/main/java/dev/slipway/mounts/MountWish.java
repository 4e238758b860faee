package dev.slipway.mounts;

import dev.slipway.graph.Mount;
import java.util.List;

/**
 * What a step wishes to mount, and what the farm knows of it.
 *
 * @param id farm-wide, see CacheMount of worker.proto
 * @param name for people
 * @param version of the farm's newest copy, 0 = there is none
 * @param heldVersion what the farm takes this worker's newest copy for
 * @param oldest copies of lower versions are not to be used
 * @param writable whether the step may write
 * @param peers other workers' copies, newest first
 */
public record MountWish(
    String id,
    String name,
    Mount.Sharing sharing,
    boolean writable,
    long version,
    long heldVersion,
    long oldest,
    List<Peer> peers) {
  public MountWish {
    peers = List.copyOf(peers);
  }

  /** A copy on another worker. */
  public record Peer(String url, String capability, long version) {}
}
