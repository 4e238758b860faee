package dev.slipway.export;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.oci.ImageReference;
import dev.slipway.oci.Platform;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the client asked of the image exporter. Unknown attributes are results' metadata, given by
 * hand. Spec: docs/protocol.md#exporters.
 *
 * @param names as written, {@code name} split at commas
 * @param oci OCI media types rather than Docker's
 * @param insecure whether the registry needs no TLS
 * @param epoch attribute {@code source-date-epoch}; empty = none
 * @param metadata overrides of the results' metadata
 */
record ExportAttributes(
    List<String> names,
    boolean push,
    boolean pushByDigest,
    boolean oci,
    boolean insecure,
    String epoch,
    List<Annotation> annotations,
    Map<String, byte[]> metadata) {
  private static final Pattern ANNOTATION =
      Pattern.compile(
          "annotation(?:-(manifest|index|manifest-descriptor|index-descriptor))?(?:\\[([^\\]]+)\\])?\\.(.+)");

  /**
   * About the client's own image store or attestations, which do not concern a push; hints are
   * taken as such.
   */
  private static final Set<String> WITHOUT_EFFECT =
      Set.of(
          "unpack",
          "store",
          "dangling-name-prefix",
          "danging-name-empty-only",
          "name-canonical",
          "compression-level",
          "prefer-nondist-layers",
          "attestation-inline",
          "attestation-prefix",
          "oci-artifact",
          "buildinfo",
          "buildinfo-attrs",
          "tar");

  ExportAttributes {
    names = List.copyOf(names);
    annotations = List.copyOf(annotations);
    metadata = Map.copyOf(metadata);
  }

  static ExportAttributes parse(Map<String, String> attributes) throws SlipwayException {
    List<Annotation> annotations = new ArrayList<>();
    Map<String, byte[]> metadata = new LinkedHashMap<>();
    List<String> names = new ArrayList<>();
    Map<String, Boolean> flags =
        new LinkedHashMap<>(
            Map.of(
                "push",
                false,
                "push-by-digest",
                false,
                "oci-mediatypes",
                true,
                "registry.insecure",
                false));
    String epoch = "";
    for (Map.Entry<String, String> attribute : new TreeMap<>(attributes).entrySet()) {
      String key = attribute.getKey();
      String value = attribute.getValue();
      switch (key) {
        case "name" -> {
          for (String name : value.split(",")) {
            if (!name.isBlank()) {
              names.add(name.strip());
            }
          }
        }
        case "push", "push-by-digest", "registry.insecure", "oci-mediatypes" ->
            flags.put(key, flag(key, value));
        case "source-date-epoch" -> epoch = value;
        case "compression" -> {
          if (!value.isEmpty() && !value.equals("gzip")) {
            throw new SlipwayException(
                ErrorKind.UNSUPPORTED, "compression " + value + " is not supported yet: use gzip");
          }
        }
        case "force-compression", "rewrite-timestamp" -> {
          if (flag(key, value)) {
            throw new SlipwayException(
                ErrorKind.UNSUPPORTED, "exporter attribute " + key + "=true is not supported yet");
          }
        }
        default -> {
          Matcher annotation = ANNOTATION.matcher(key);
          if (annotation.matches()) {
            annotations.add(Annotation.of(annotation, value));
          } else if (!WITHOUT_EFFECT.contains(key)) {
            metadata.put(key, value.getBytes(StandardCharsets.UTF_8));
          }
        }
      }
    }
    ExportAttributes parsed =
        new ExportAttributes(
            names,
            flags.get("push"),
            flags.get("push-by-digest"),
            flags.get("oci-mediatypes"),
            flags.get("registry.insecure"),
            epoch,
            annotations,
            metadata);
    parsed.check();
    return parsed;
  }

  private void check() throws SlipwayException {
    if (!oci
        && annotations.stream()
            .anyMatch(annotation -> annotation.place() != Annotation.Place.MANIFEST)) {
      throw new SlipwayException(
          ErrorKind.INVALID, "annotations of indexes and descriptors need oci-mediatypes=true");
    }
    for (String name : names) {
      if (!name.equals("*") && pushByDigest && reference(name, false).tag().isPresent()) {
        throw new SlipwayException(
            ErrorKind.INVALID, "can't push tagged ref " + name + " by digest");
      }
    }
  }

  /**
   * The names as references, with a tag unless they are pushed by digest. @param imageName metadata
   * {@code image.name}, for the name {@code *}
   */
  List<ImageReference> references(Optional<String> imageName) throws SlipwayException {
    List<ImageReference> references = new ArrayList<>();
    for (String name : names) {
      if (!name.equals("*")) {
        references.add(reference(name, !pushByDigest));
        continue;
      }
      for (String given : imageName.orElse("").split(",")) {
        if (!given.isBlank()) {
          references.add(reference(given.strip(), !pushByDigest));
        }
      }
    }
    return references;
  }

  private static ImageReference reference(String name, boolean tagged) throws SlipwayException {
    try {
      return tagged ? ImageReference.parse(name) : ImageReference.parseAsWritten(name);
    } catch (IllegalArgumentException e) {
      throw new SlipwayException(
          ErrorKind.INVALID, "failed to parse " + name + ": " + e.getMessage(), e);
    }
  }

  private static boolean flag(String key, String value) throws SlipwayException {
    return switch (value) {
      case "", "1", "t", "T", "true", "TRUE", "True" -> true;
      case "0", "f", "F", "false", "FALSE", "False" -> false;
      default ->
          throw new SlipwayException(
              ErrorKind.INVALID, "non-bool value specified for " + key + ": " + value);
    };
  }

  /** The annotations for a place of a platform's image. */
  Map<String, String> annotations(Annotation.Place place, Optional<Platform> platform) {
    Map<String, String> chosen = new TreeMap<>();
    for (Annotation annotation : annotations) {
      if (annotation.place() == place
          && (annotation.platform().isEmpty() || annotation.platform().equals(platform))) {
        chosen.put(annotation.key(), annotation.value());
      }
    }
    return chosen;
  }

  /** An annotation of the image. */
  record Annotation(Place place, Optional<Platform> platform, String key, String value) {
    static Annotation of(Matcher attribute, String value) throws SlipwayException {
      Place place =
          switch (attribute.group(1)) {
            case null -> Place.MANIFEST;
            case "index" -> Place.INDEX;
            case "manifest-descriptor" -> Place.MANIFEST_DESCRIPTOR;
            case "index-descriptor" -> Place.INDEX_DESCRIPTOR;
            default -> Place.MANIFEST;
          };
      try {
        return new Annotation(
            place,
            Optional.ofNullable(attribute.group(2)).map(Platform::parse),
            attribute.group(3),
            value);
      } catch (IllegalArgumentException e) {
        throw new SlipwayException(
            ErrorKind.INVALID, "annotation " + attribute.group() + ": " + e.getMessage(), e);
      }
    }

    /** Where it is written. */
    enum Place {
      MANIFEST,
      INDEX,
      MANIFEST_DESCRIPTOR,
      INDEX_DESCRIPTOR
    }
  }
}
