package dev.slipway.export;

import dev.slipway.export.ImageAssembly.Assembled;
import dev.slipway.export.ImageAssembly.Document;
import dev.slipway.export.ImageAssembly.Image;
import dev.slipway.oci.Descriptor;
import dev.slipway.oci.Digest;
import dev.slipway.oci.ImageIndex;
import dev.slipway.oci.ImageReference;
import dev.slipway.oci.MediaTypes;
import dev.slipway.oci.OciJson;
import dev.slipway.tar.TarHeaders;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * An OCI image layout as a tar; OCI image-spec v1.1, image-layout.md. With a {@code manifest.json}
 * it is what {@code docker load} of any age reads too. The same image gives the same tar. Pure but
 * for reading the blobs.
 *
 * @param root descriptor of the image, with its annotations
 * @param names the image's; empty = it has none
 * @param files of its layers' blobs
 * @param docker whether there is a {@code manifest.json}
 */
record ImageArchive(
    Assembled image,
    Descriptor root,
    List<ImageReference> names,
    Map<Digest, Path> files,
    boolean docker) {
  private static final String BLOBS = "blobs/sha256/";
  private static final int READABLE = 0444;
  private static final int WRITABLE = 0644;
  private static final int DIRECTORY = 0755;

  /** Two blocks of zeros end a tar. */
  private static final int END = 2 * TarHeaders.BLOCK;

  /** The image's small documents, those that are pointed at before those that point. */
  List<Document> documents() {
    List<Document> documents = new ArrayList<>();
    for (Image one : image.images()) {
      documents.add(one.config());
      documents.add(one.manifest());
    }
    image.index().ifPresent(documents::add);
    return documents;
  }

  void writeTo(OutputStream out) throws IOException {
    SortedMap<String, Digest> blobs = new TreeMap<>();
    Map<Digest, byte[]> documents = new LinkedHashMap<>();
    documents().forEach(one -> documents.put(one.descriptor().digest(), one.content()));
    documents.keySet().forEach(digest -> blobs.put(digest.hex(), digest));
    files.keySet().forEach(digest -> blobs.put(digest.hex(), digest));
    header(out, '5', "blobs/", DIRECTORY, 0);
    header(out, '5', BLOBS, DIRECTORY, 0);
    for (Map.Entry<String, Digest> blob : blobs.entrySet()) {
      byte[] document = documents.get(blob.getValue());
      if (document != null) {
        file(out, BLOBS + blob.getKey(), READABLE, document);
      } else {
        file(out, BLOBS + blob.getKey(), files.get(blob.getValue()));
      }
    }
    file(out, "index.json", WRITABLE, layoutIndex());
    if (docker) {
      file(out, "manifest.json", WRITABLE, dockerManifest());
    }
    file(
        out,
        "oci-layout",
        READABLE,
        "{\"imageLayoutVersion\":\"1.0.0\"}".getBytes(StandardCharsets.UTF_8));
    out.write(new byte[END]);
  }

  /** Names the image once for each of its names, as containerd reads them. */
  private byte[] layoutIndex() {
    List<Descriptor> entries = new ArrayList<>();
    for (ImageReference name : names) {
      Map<String, String> annotations = new TreeMap<>(root.annotations());
      annotations.put("io.containerd.image.name", name.toString());
      name.tag().ifPresent(tag -> annotations.put("org.opencontainers.image.ref.name", tag));
      entries.add(root.withAnnotations(annotations));
    }
    if (entries.isEmpty()) {
      entries.add(root);
    }
    return OciJson.compact(new ImageIndex(MediaTypes.OCI_INDEX, entries, Map.of()));
  }

  private byte[] dockerManifest() {
    Image one = image.images().getFirst();
    Map<String, Object> entry = new LinkedHashMap<>();
    entry.put("Config", BLOBS + one.config().descriptor().digest().hex());
    entry.put("RepoTags", names.stream().map(ImageReference::familiar).toList());
    entry.put("Layers", one.layers().stream().map(layer -> BLOBS + layer.digest().hex()).toList());
    return OciJson.compact(List.of(entry));
  }

  private static void file(OutputStream out, String name, int mode, byte[] content)
      throws IOException {
    header(out, '0', name, mode, content.length);
    out.write(content);
    out.write(new byte[TarHeaders.padding(content.length)]);
  }

  private static void file(OutputStream out, String name, Path content) throws IOException {
    long size = Files.size(content);
    header(out, '0', name, READABLE, size);
    Files.copy(content, out);
    out.write(new byte[TarHeaders.padding(size)]);
  }

  private static void header(OutputStream out, char type, String name, int mode, long size)
      throws IOException {
    out.write(
        TarHeaders.of(new TarHeaders.Entry(type, name, "", mode, 0, 0, size, 0, 0, 0, Map.of())));
  }
}
