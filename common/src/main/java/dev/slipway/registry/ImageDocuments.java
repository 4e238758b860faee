package dev.slipway.registry;

import dev.slipway.error.SlipwayException;
import dev.slipway.oci.Descriptor;
import dev.slipway.oci.Digest;

/** The documents that an image is described by, wherever they are. Blocking. */
public interface ImageDocuments {
  /** Ten times that of any image seen. As a tree it takes ten times its bytes. */
  int LARGEST_CONFIG = 2 * 1024 * 1024;

  /**
   * An index or a manifest.
   *
   * @param mediaType as its keeper says; may be empty or general
   */
  record Document(String mediaType, Digest digest, byte[] content) {}

  /** What the image's name means. */
  Document root() throws SlipwayException, InterruptedException;

  /** The index or manifest with the digest. */
  Document manifest(Digest digest) throws SlipwayException, InterruptedException;

  /** A configuration, {@link #LARGEST_CONFIG} bytes at most, its digest checked. */
  byte[] config(Descriptor config) throws SlipwayException, InterruptedException;
}
