package dev.slipway.export;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.oci.MediaTypes.Compression;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a client wants of an image, wherever it goes. Unknown attributes are results' metadata,
 * given by hand. Spec: docs/protocol.md#exporters.
 *
 * @param name as written; may be several, with commas between them
 * @param oci OCI media types rather than Docker's
 * @param packing for layers that are made here
 * @param packs whether the client said how: else blobs that exist already are taken as they are
 * @param force whether layers of base images are packed anew too
 * @param rewrite whether layers' times are bounded by the epoch too
 * @param metadata overrides of the results' metadata
 */
record ImageAttributes(
    String name,
    boolean oci,
    Packing packing,
    boolean packs,
    boolean force,
    boolean rewrite,
    Attributes.Epoch epoch,
    List<Annotation> annotations,
    Map<String, byte[]> metadata) {
  /** Versions before 30 have Docker's media types unless somebody says otherwise. */
  static final int OCI_SINCE = 30;

  /** The oldest version, which does not know zstd. */
  private static final int WITHOUT_ZSTD = 10;

  /**
   * About attestations and foreign layers, which are not made; taken as hints. The last two are
   * gone from BuildKit.
   */
  private static final List<String> WITHOUT_EFFECT =
      List.of(
          "prefer-nondist-layers",
          "attestation-inline",
          "attestation-prefix",
          "buildinfo",
          "buildinfo-attrs");

  ImageAttributes {
    annotations = List.copyOf(annotations);
    metadata = Map.copyOf(metadata);
  }

  /**
   * Reads all that is left of the attributes.
   *
   * @param type of the exporter
   */
  static ImageAttributes parse(String type, Attributes given, int compatibility)
      throws SlipwayException {
    Optional<String> compression = given.text("compression");
    Optional<String> level = given.text("compression-level");
    Packing packing = Packing.parse(compression, level);
    if (compatibility == WITHOUT_ZSTD && packing.compression() == Compression.ZSTD) {
      throw new SlipwayException(
          ErrorKind.INVALID,
          "unsupported compatibility-version "
              + compatibility
              + " feature "
              + type
              + " exporter compression=zstd");
    }
    boolean force = given.flag("force-compression", false);
    boolean rewrite = given.truth("rewrite-timestamp").orElse(false);
    Optional<Boolean> oci = given.truth("oci-mediatypes");
    boolean types = oci.orElse(type.equals("oci") || compatibility >= OCI_SINCE);
    if (given.truth("oci-artifact").orElse(false) && !types) {
      throw new SlipwayException(
          ErrorKind.INVALID,
          "exporter option \"oci-artifact=true\" conflicts with \"oci-mediatypes=false\"");
    }
    Attributes.Epoch epoch = given.epoch();
    String name = given.text("name").orElse("");
    for (String hint : WITHOUT_EFFECT) {
      given.text(hint);
    }
    List<Annotation> annotations = new ArrayList<>();
    Map<String, byte[]> metadata = new HashMap<>();
    for (Map.Entry<String, String> other : given.rest().entrySet()) {
      Optional<Annotation> annotation = Annotation.of(other.getKey(), other.getValue());
      if (annotation.isPresent()) {
        annotations.add(annotation.get());
      } else {
        metadata.put(other.getKey(), other.getValue().getBytes(StandardCharsets.UTF_8));
      }
    }
    boolean packs = level.isPresent() || packing.compression() != Compression.GZIP;
    return new ImageAttributes(
        name, types, packing, packs, force, rewrite, epoch, annotations, metadata);
  }

  /** The client's annotations, and those of the result that it does not override. */
  List<Annotation> annotations(ExportSource source) throws SlipwayException {
    List<Annotation> all = new ArrayList<>(annotations);
    for (Map.Entry<String, byte[]> entry : source.metadata().entrySet()) {
      Annotation.of(entry.getKey(), new String(entry.getValue(), StandardCharsets.UTF_8))
          .ifPresent(all::add);
    }
    return all;
  }

  /** The names: those given, or for {@code *} those that the frontend gives. */
  List<String> names(ExportSource source) {
    String written =
        name.equals("*")
            ? new String(
                source.metadata().getOrDefault("image.name", new byte[0]), StandardCharsets.UTF_8)
            : name;
    List<String> names = new ArrayList<>();
    for (String one : written.split(",")) {
      if (!one.isBlank()) {
        names.add(one.strip());
      }
    }
    return names;
  }
}
