package dev.slipway.oci;

import java.util.ArrayList;
import java.util.List;

/** Identities of layer stacks. OCI image-spec v1.1, image config, Layer ChainID. */
public final class ChainId {
  private ChainId() {}

  /** The chain id of each layer of the stack, lowest first: the last one names the whole stack. */
  public static List<Digest> of(List<Digest> diffIds) {
    List<Digest> chainIds = new ArrayList<>(diffIds.size());
    for (Digest diffId : diffIds) {
      chainIds.add(chainIds.isEmpty() ? diffId : Digest.ofText(chainIds.getLast() + " " + diffId));
    }
    return List.copyOf(chainIds);
  }
}
