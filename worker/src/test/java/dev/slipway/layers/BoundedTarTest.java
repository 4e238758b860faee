package dev.slipway.layers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Headers that would take all memory, or all of the stack. */
@Timeout(60)
class BoundedTarTest {
  private static final byte[] X = {'x'};

  private static List<String> names(byte[] tar) throws IOException {
    return names(new ByteArrayInputStream(tar));
  }

  private static List<String> names(InputStream tar) throws IOException {
    List<String> names = new ArrayList<>();
    BoundedTar bounded = new BoundedTar(new PaxTap(tar));
    for (TarArchiveEntry entry = bounded.getNextEntry();
        entry != null;
        entry = bounded.getNextEntry()) {
      names.add(entry.getName());
    }
    return names;
  }

  @Test
  void readsLongNamesAndExtendedHeaders() throws Exception {
    String longName = "directory/".repeat(40) + "f";
    byte[] tar =
        new TarBlocks()
            .entry('L', "././@LongLink", (longName + "\0").getBytes(StandardCharsets.UTF_8))
            .entry('0', "clipped", X)
            .pax('g', Map.of("comment", "all"))
            .pax('x', Map.of("path", "über"))
            .entry('0', "other", X)
            .end();

    assertThat(names(tar)).containsExactly(longName, "über");
  }

  @Test
  void refusesANameThatIsReadForEver() {
    byte[] start = new TarBlocks().header('L', "long", TarBlocks.octal(8L << 30 - 1)).end();

    assertThatThrownBy(() -> names(new Endless(start)))
        .hasMessageContaining("extended header of")
        .hasMessageContaining("at most 1048576");
  }

  @Test
  void refusesAnExtendedHeaderThatIsReadForEver() {
    byte[] start = new TarBlocks().header('x', "long", TarBlocks.octal(8L << 30 - 1)).end();

    assertThatThrownBy(() -> names(new Endless(start))).hasMessageContaining("extended header");
  }

  @Test
  void refusesGlobalHeadersThatAddUp() {
    TarBlocks tar = new TarBlocks();
    for (int i = 0; i < 3; i++) {
      tar.pax('g', Map.of("key" + i, "v".repeat(500_000))).entry('0', "f" + i, X);
    }

    assertThatThrownBy(() -> names(tar.end())).hasMessageContaining("extended header");
  }

  @Test
  void refusesHeadersUponHeaders() {
    TarBlocks tar = new TarBlocks();
    for (int i = 0; i < 100_000; i++) {
      tar.pax('x', Map.of("comment", "again"));
    }

    assertThatThrownBy(() -> names(tar.entry('0', "f", X).end()))
        .hasMessageContaining("more than 16 headers about one entry");
  }

  @Test
  void refusesAMapOfASparseFileThatIsReadForEver() {
    byte[] start =
        new TarBlocks()
            .pax(
                'x',
                Map.of(
                    "GNU.sparse.major", "1",
                    "GNU.sparse.minor", "0",
                    "GNU.sparse.name", "f",
                    "GNU.sparse.realsize", "1"))
            .header('0', "f", TarBlocks.octal(1L << 30))
            .end();
    byte[] map = "1\n".repeat(512).getBytes(StandardCharsets.US_ASCII);

    assertThatThrownBy(() ->
            names(
                new Endless(
                    java.util.Arrays.copyOf(start, start.length - 1024),
                    ("99999999\n" + "1\n".repeat(300)).getBytes(StandardCharsets.US_ASCII),
                    map)))
        .hasMessageContaining("a sparse file whose map is larger than");
  }

  @Test
  void refusesAnOldMapOfASparseFileThatIsReadForEver() {
    byte[] piece = new byte[512];
    piece[504] = 1;
    byte[] start = new TarBlocks().header('S', "f", TarBlocks.octal(1)).end();

    assertThatThrownBy(() ->
            names(
                new Endless(
                    java.util.Arrays.copyOf(start, start.length - 1024), new byte[0], piece)))
        .hasMessageContaining("more than 4096 header blocks");
  }

  @Test
  void refusesANegativeSize() {
    byte[] tar = new TarBlocks().header('0', "f", TarBlocks.minusOne()).content(X).end();

    assertThatThrownBy(() -> names(tar))
        .isInstanceOfAny(IOException.class, IllegalArgumentException.class);
  }

  @Test
  void saysThatTheEndIsMissingWhereASizeIsALie() {
    byte[] tar = new TarBlocks().header('0', "f", TarBlocks.octal((8L << 30) - 1)).content(X).end();

    assertThatThrownBy(() -> names(tar))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("runcated");
  }

  /** Bytes, then others again and again, until somebody has had enough. */
  private static final class Endless extends InputStream {
    private static final long MOST = 2L << 30;

    private final byte[] start;
    private final byte[] again;
    private long at;

    Endless(byte[] start) {
      this(start, new byte[0], new byte[512]);
    }

    Endless(byte[] start, byte[] then, byte[] again) {
      this.start = java.util.Arrays.copyOf(start, start.length + then.length);
      System.arraycopy(then, 0, this.start, start.length, then.length);
      this.again = again;
    }

    @Override
    public int read() {
      if (at >= MOST) {
        throw new AssertionError("nobody stopped after " + at + " bytes");
      }
      long here = at++;
      return 0xff
          & (here < start.length
              ? start[(int) here]
              : again[(int) ((here - start.length) % again.length)]);
    }

    @Override
    public int read(byte[] bytes, int offset, int length) {
      int count = Math.min(length, 8192);
      for (int i = 0; i < count; i++) {
        bytes[offset + i] = (byte) read();
      }
      return count;
    }
  }
}
