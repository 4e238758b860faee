package dev.slipway.e2e;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import dev.slipway.oci.Digest;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;

/**
 * A pushed image as lines of text that are the same for two images exactly when a user could not
 * tell them apart: the config, and every file that its base has not got in the same form. Times of
 * files count only when they are older than the build; the texts of history that differ between
 * BuildKit's own versions are left out.
 */
final class ImageText {
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS);
  private static final String XATTR = "SCHILY.xattr.";

  private final LocalRegistry registry;
  private final Instant began;
  private final Map<String, String> base;

  /**
   * @param baseName the image below all of them, whose own files are not told
   */
  ImageText(LocalRegistry registry, String baseName, Instant began) {
    this.registry = registry;
    this.began = began;
    this.base = files(baseName, "latest");
  }

  /** All lines of one image. */
  List<String> of(String repository, String tag) {
    List<String> lines = new ArrayList<>(config(repository, tag));
    Map<String, String> files = files(repository, tag);
    boolean onBase = files.keySet().stream().anyMatch(path -> path.equals("bin/busybox"));
    files.forEach((path, line) -> {
      if (!line.equals(base.get(path))) {
        lines.add(visible(path) + " " + line);
      }
    });
    if (onBase) {
      base.keySet().stream()
          .filter(path -> !files.containsKey(path))
          .forEach(path -> lines.add(path + " is gone"));
    }
    return lines;
  }

  private JsonNode manifest(String repository, String tag) throws IOException {
    JsonNode manifest = JSON.readTree(registry.manifest(repository, tag));
    if (!manifest.has("manifests")) {
      return manifest;
    }
    for (JsonNode entry : manifest.get("manifests")) {
      if (entry.path("platform").path("architecture").asText().equals("amd64")) {
        return JSON.readTree(registry.manifest(repository, entry.get("digest").asText()));
      }
    }
    throw new AssertionError("no amd64 image in " + manifest);
  }

  private List<String> config(String repository, String tag) {
    try {
      JsonNode image =
          JSON.readTree(
              registry.blob(
                  repository, manifest(repository, tag).get("config").get("digest").asText()));
      List<String> lines = new ArrayList<>();
      lines.add(
          "platform " + image.path("os").asText() + "/" + image.path("architecture").asText());
      if (image.hasNonNull("author")) {
        lines.add("author " + image.get("author").asText());
      }
      Map<String, Object> config =
          JSON.convertValue(
              image.get("config"),
              new com.fasterxml.jackson.core.type.TypeReference<TreeMap<String, Object>>() {});
      for (Map.Entry<String, Object> entry : config.entrySet()) {
        if (entry.getValue() != null) {
          lines.add("config " + entry.getKey() + " " + JSON.writeValueAsString(entry.getValue()));
        }
      }
      for (JsonNode entry : image.path("history")) {
        // What the exporter says of layers that no instruction speaks for.
        if (!entry.path("comment").asText().equals("buildkit.exporter.image.v0")) {
          lines.add(
              "history "
                  + (entry.path("empty_layer").asBoolean() ? "empty " : "layer ")
                  + settled(entry.path("created_by").asText()));
        }
      }
      return lines;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** BuildKit changed the texts of these instructions over time. */
  private static String settled(String createdBy) {
    if (createdBy.startsWith("HEALTHCHECK ") || createdBy.startsWith("EXPOSE ")) {
      return createdBy.substring(0, createdBy.indexOf(' '));
    }
    return createdBy.startsWith("ARG ") ? createdBy.replaceAll("=\\S*", "") : createdBy;
  }

  private Map<String, String> files(String repository, String tag) {
    try {
      Map<String, String> files = new TreeMap<>();
      Map<String, List<String>> linked = new TreeMap<>();
      for (JsonNode layer : manifest(repository, tag).get("layers")) {
        apply(registry.blob(repository, layer.get("digest").asText()), files, linked);
      }
      return files;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void apply(byte[] blob, Map<String, String> files, Map<String, List<String>> linked)
      throws IOException {
    try (TarArchiveInputStream tar =
        new TarArchiveInputStream(
            new GZIPInputStream(new ByteArrayInputStream(blob)), "ISO-8859-1")) {
      Map<String, String> links = new TreeMap<>();
      for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
        String path = path(entry.getName());
        int slash = path.lastIndexOf('/') + 1;
        String name = path.substring(slash);
        if (name.equals(".wh..wh..opq")) {
          remove(files, path.substring(0, slash));
        } else if (name.startsWith(".wh.")) {
          String gone = path.substring(0, slash) + name.substring(4);
          files.remove(gone);
          remove(files, gone + "/");
        } else if (entry.isLink()) {
          String target = links.getOrDefault(path(entry.getLinkName()), path(entry.getLinkName()));
          links.put(path, target);
          files.put(path, files.getOrDefault(target, "a link to nothing"));
        } else if (!path.isEmpty()) {
          if (!entry.isDirectory()) {
            remove(files, path + "/");
          }
          files.put(path, line(entry, tar.readAllBytes()));
        }
      }
      // Which of its names a file lies under depends on the order of a tar: the first by the
      // alphabet speaks for all.
      Map<String, TreeMap<String, String>> groups = new TreeMap<>();
      links.forEach((link, target) ->
          groups.computeIfAbsent(target, key -> new TreeMap<>(Map.of(target, ""))).put(link, ""));
      groups
          .values()
          .forEach(group ->
              group
                  .keySet()
                  .forEach(member ->
                      files.computeIfPresent(
                          member, (key, line) -> line + " one with " + group.firstKey())));
    }
  }

  private static void remove(Map<String, String> files, String prefix) {
    files.keySet().removeIf(known -> known.startsWith(prefix));
  }

  private static String path(String name) {
    return name.replaceFirst("^(\\./|/)+", "").replaceFirst("^\\.$", "").replaceFirst("/$", "");
  }

  private String line(TarArchiveEntry entry, byte[] content) {
    StringBuilder line = new StringBuilder();
    line.append((char) (entry.getLinkFlag() == 0 ? '0' : entry.getLinkFlag()));
    line.append(' ')
        .append(entry.isSymbolicLink() ? "link" : Integer.toOctalString(entry.getMode() & 07777));
    line.append(' ').append(entry.getLongUserId()).append(':').append(entry.getLongGroupId());
    if (entry.isFile()) {
      line.append(' ').append(content(content));
    }
    if (entry.isSymbolicLink()) {
      line.append(" -> ").append(visible(entry.getLinkName()));
    }
    if (entry.isCharacterDevice() || entry.isBlockDevice()) {
      line.append(" device ").append(entry.getDevMajor()).append(':').append(entry.getDevMinor());
    }
    // Times of folders: BuildKit's versions differ, and stand-ins for what is mounted come and go
    // in /etc.
    Instant time = entry.getLastModifiedTime().toInstant();
    if (!entry.isDirectory()
        && (time.isBefore(began) || time.isAfter(began.plusSeconds(100_000)))) {
      line.append(" of ").append(Instant.ofEpochSecond(time.getEpochSecond()));
    }
    Optional.ofNullable(entry.getExtraPaxHeader(XATTR + "security.capability"))
        .ifPresent(
            value -> line.append(" capability ").append(Digest.ofText(value).toString(), 7, 19));
    return line.toString();
  }

  /** Short and plain contents as they are. */
  private String content(byte[] content) {
    String text = new String(content, StandardCharsets.UTF_8);
    if (text.length() <= 200
        && text.chars().allMatch(c -> c == '\n' || c == '\t' || c >= ' ' && c < 127)) {
      return "\""
          + text.replace("\\", "\\\\")
              .replace("\n", "\\n")
              .replace("\t", "\\t")
              .replace("\"", "\\\"")
          + "\"";
    }
    return Digest.of(content).toString();
  }

  private static String visible(String path) {
    StringBuilder text = new StringBuilder();
    path.chars()
        .forEach(c ->
            text.append(c > ' ' && c < 127 ? String.valueOf((char) c) : "\\x%02x".formatted(c)));
    return text.toString();
  }
}
