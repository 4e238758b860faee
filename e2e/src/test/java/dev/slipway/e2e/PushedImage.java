package dev.slipway.e2e;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;

/**
 * An image as it lies in the registry, one platform of it.
 *
 * @param config the image config
 * @param files by path without a leading slash, all layers applied (whiteouts too)
 */
record PushedImage(JsonNode config, Map<String, Entry> files) {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** A file. */
  record Entry(TarArchiveEntry header, byte[] content) {
    String text() {
      return new String(content, StandardCharsets.UTF_8);
    }
  }

  static PushedImage read(
      LocalRegistry registry, String repository, String tag, String architecture) {
    try {
      JsonNode manifest = JSON.readTree(registry.manifest(repository, tag));
      if (manifest.has("manifests")) {
        String digest = null;
        for (JsonNode entry : manifest.get("manifests")) {
          if (entry.path("platform").path("architecture").asText().equals(architecture)) {
            digest = entry.get("digest").asText();
          }
        }
        if (digest == null) {
          throw new AssertionError("no " + architecture + " in " + manifest);
        }
        manifest = JSON.readTree(registry.manifest(repository, digest));
      }
      Map<String, Entry> files = new TreeMap<>();
      for (JsonNode layer : manifest.get("layers")) {
        apply(registry.blob(repository, layer.get("digest").asText()), files);
      }
      return new PushedImage(
          JSON.readTree(registry.blob(repository, manifest.get("config").get("digest").asText())),
          files);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void apply(byte[] blob, Map<String, Entry> files) throws IOException {
    try (TarArchiveInputStream tar =
        new TarArchiveInputStream(new GZIPInputStream(new ByteArrayInputStream(blob)))) {
      for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
        String path = entry.getName().replaceFirst("^\\./", "").replaceFirst("/$", "");
        int slash = path.lastIndexOf('/') + 1;
        String name = path.substring(slash);
        if (name.equals(".wh..wh..opq")) {
          files.keySet().removeIf(known -> known.startsWith(path.substring(0, slash)));
        } else if (name.startsWith(".wh.")) {
          String gone = path.substring(0, slash) + name.substring(4);
          files.keySet().removeIf(known -> known.equals(gone) || known.startsWith(gone + "/"));
        } else {
          files.put(path, new Entry(entry, tar.readAllBytes()));
        }
      }
    }
  }

  String text(String path) {
    Entry entry = files.get(path);
    if (entry == null) {
      throw new AssertionError("no " + path + " in " + files.keySet());
    }
    return entry.text();
  }
}
