package dev.slipway.export;

import dev.slipway.context.FileMode;
import dev.slipway.session.ClientTargets;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongConsumer;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;

/** A client that keeps what it gets. */
final class ReceivingClient implements ClientTargets {
  /** By digest, in the order of their coming. */
  final Map<String, byte[]> blobs = new LinkedHashMap<>();

  /** Files that came into its directory, by path. */
  final Map<String, String> directory = new ConcurrentHashMap<>();

  /** Whether it says that it has everything already. */
  boolean declines;

  private final Map<Integer, byte[]> outputs = new ConcurrentHashMap<>();
  private final Map<Integer, Map<String, String>> metadata = new ConcurrentHashMap<>();

  @Override
  public boolean file(int exporter, Map<String, String> said, Content content) {
    if (declines) {
      return false;
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try {
      content.writeTo(out);
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
    outputs.put(exporter, out.toByteArray());
    metadata.put(exporter, said);
    return true;
  }

  /** What the exporter's tar has, by path. */
  Map<String, byte[]> files(int exporter) throws IOException {
    Map<String, byte[]> files = new HashMap<>();
    try (TarArchiveInputStream tar =
        new TarArchiveInputStream(new ByteArrayInputStream(outputs.get(exporter)))) {
      for (TarArchiveEntry e = tar.getNextEntry(); e != null; e = tar.getNextEntry()) {
        files.put(e.getName(), tar.readAllBytes());
      }
    }
    return files;
  }

  Map<String, String> metadata(int exporter) {
    return metadata.get(exporter);
  }

  @Override
  public void directory(int exporter, boolean exact, Tree tree, LongConsumer sent) {
    try {
      List<Integer> regular = new ArrayList<>();
      List<String> paths = new ArrayList<>();
      tree.walk(entry -> {
        if (FileMode.isRegular(entry.mode())) {
          regular.add(paths.size());
        }
        paths.add(entry.path());
      });
      for (int number : regular.reversed()) {
        try (InputStream in = tree.open(number)) {
          directory.put(paths.get(number), new String(in.readAllBytes(), StandardCharsets.UTF_8));
        }
      }
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void blob(String digest, long size, Path file) {
    try {
      blobs.put(digest, Files.readAllBytes(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public List<Wish> wishes(Map<String, byte[]> result, List<String> references) {
    return List.of();
  }

  @Override
  public void exported(Map<String, String> response) {}
}
