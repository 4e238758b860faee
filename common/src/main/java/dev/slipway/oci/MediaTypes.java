package dev.slipway.oci;

/** Media types of the OCI image-spec v1.1 and of Docker's image manifest version 2, schema 2. */
public final class MediaTypes {
  public static final String OCI_INDEX = "application/vnd.oci.image.index.v1+json";
  public static final String OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json";
  public static final String OCI_CONFIG = "application/vnd.oci.image.config.v1+json";
  public static final String OCI_LAYER = "application/vnd.oci.image.layer.v1.tar";
  public static final String OCI_LAYER_GZIP = "application/vnd.oci.image.layer.v1.tar+gzip";
  public static final String OCI_LAYER_ZSTD = "application/vnd.oci.image.layer.v1.tar+zstd";
  public static final String DOCKER_INDEX =
      "application/vnd.docker.distribution.manifest.list.v2+json";
  public static final String DOCKER_MANIFEST =
      "application/vnd.docker.distribution.manifest.v2+json";
  public static final String DOCKER_CONFIG = "application/vnd.docker.container.image.v1+json";
  public static final String DOCKER_LAYER = "application/vnd.docker.image.rootfs.diff.tar";
  public static final String DOCKER_LAYER_GZIP =
      "application/vnd.docker.image.rootfs.diff.tar.gzip";
  public static final String DOCKER_LAYER_ZSTD =
      "application/vnd.docker.image.rootfs.diff.tar.zstd";
  public static final String DOCKER_FOREIGN_LAYER_GZIP =
      "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip";

  private MediaTypes() {}

  /** Whether it names a list of manifests. */
  public static boolean isIndex(String mediaType) {
    return mediaType.equals(OCI_INDEX) || mediaType.equals(DOCKER_INDEX);
  }

  /** Whether it names the manifest of one image. */
  public static boolean isManifest(String mediaType) {
    return mediaType.equals(OCI_MANIFEST) || mediaType.equals(DOCKER_MANIFEST);
  }

  /** Whether it names a filesystem layer that can be unpacked. */
  public static boolean isLayer(String mediaType) {
    return compression(mediaType) != Compression.UNKNOWN;
  }

  /** How a layer of the media type is compressed. */
  public static Compression compression(String mediaType) {
    return switch (mediaType) {
      case OCI_LAYER, DOCKER_LAYER -> Compression.NONE;
      case OCI_LAYER_GZIP, DOCKER_LAYER_GZIP, DOCKER_FOREIGN_LAYER_GZIP -> Compression.GZIP;
      case OCI_LAYER_ZSTD, DOCKER_LAYER_ZSTD -> Compression.ZSTD;
      default -> Compression.UNKNOWN;
    };
  }

  /** The media type of a layer, compressed that way, in OCI's or Docker's manifests. */
  public static String layer(Compression compression, boolean oci) {
    return switch (compression) {
      case NONE -> oci ? OCI_LAYER : DOCKER_LAYER;
      case GZIP -> oci ? OCI_LAYER_GZIP : DOCKER_LAYER_GZIP;
      case ZSTD -> oci ? OCI_LAYER_ZSTD : DOCKER_LAYER_ZSTD;
      case UNKNOWN ->
          throw new IllegalArgumentException("there is no media type for an unknown compression");
    };
  }

  /** How the bytes of a layer are packed. */
  public enum Compression {
    NONE,
    GZIP,
    ZSTD,
    UNKNOWN
  }
}
