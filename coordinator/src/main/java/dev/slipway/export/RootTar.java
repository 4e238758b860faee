package dev.slipway.export;

import dev.slipway.export.RootEntries.Found;
import dev.slipway.export.TreeAttributes.Root;
import dev.slipway.tar.TarHeaders;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.Optional;

/** File systems as one tar for a client. */
record RootTar(List<Root> roots) {
  private static final int BUFFER = 256 << 10;

  /** Two blocks of zeros end a tar. */
  private static final int END = 2 * TarHeaders.BLOCK;

  RootTar {
    roots = List.copyOf(roots);
  }

  void writeTo(OutputStream out) throws IOException {
    byte[] buffer = new byte[BUFFER];
    for (Root root : roots) {
      try (RootEntries entries = new RootEntries(root)) {
        Optional<Found> entry = entries.next();
        while (entry.isPresent()) {
          TarHeaders.Entry header = entry.get().header();
          out.write(TarHeaders.of(header));
          long left = header.size();
          for (int count = entries.read(buffer, left);
              count >= 0;
              count = entries.read(buffer, left)) {
            out.write(buffer, 0, count);
            left -= count;
          }
          out.write(new byte[TarHeaders.padding(header.size())]);
          entry = entries.next();
        }
      }
    }
    out.write(new byte[END]);
  }
}
