package dev.slipway.export;

import java.util.Optional;

/**
 * A layer in the form that an image has it in.
 *
 * @param packing empty = as it is: the blob that a registry has, else gzip
 */
record PackedLayer(String layer, Optional<Packing> packing) {
  static PackedLayer asItIs(String layer) {
    return new PackedLayer(layer, Optional.empty());
  }
}
