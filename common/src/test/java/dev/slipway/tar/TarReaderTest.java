package dev.slipway.tar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class TarReaderTest {
  private static final byte[] BINARY = {1, 0, (byte) 0x80, (byte) 0xff, '\n', 0};

  private static TarHeaders.Entry entry(char type, String path, String link, long size) {
    return new TarHeaders.Entry(
        type,
        path,
        link,
        04755,
        70_000_000,
        5,
        size,
        -1_500_000_000L,
        type == '3' ? 1 : 0,
        type == '3' ? 3 : 0,
        type == '0' ? Map.of(TarHeaders.ATTRIBUTE + "security.capability", BINARY) : Map.of());
  }

  private static byte[] tar(TarHeaders.Entry... entries) throws IOException {
    ByteArrayOutputStream tar = new ByteArrayOutputStream();
    for (TarHeaders.Entry entry : entries) {
      tar.write(TarHeaders.of(entry));
      byte[] content = new byte[(int) entry.size()];
      Arrays.fill(content, (byte) entry.path().charAt(0));
      tar.write(content);
      tar.write(new byte[TarHeaders.padding(entry.size())]);
    }
    tar.write(new byte[2 * TarHeaders.BLOCK]);
    return tar.toByteArray();
  }

  private static List<TarReader.Entry> read(byte[] tar) throws IOException {
    List<TarReader.Entry> entries = new ArrayList<>();
    try (TarReader reader = new TarReader(new ByteArrayInputStream(tar))) {
      for (Optional<TarReader.Entry> entry = reader.next();
          entry.isPresent();
          entry = reader.next()) {
        entries.add(entry.get());
      }
    }
    return entries;
  }

  @Test
  void readsWhatIsWritten() throws Exception {
    TarHeaders.Entry[] written = {
      entry('5', "d/", "", 0),
      entry('0', "d/" + "long".repeat(40) + "ü", "", 1000),
      entry('1', "d/hard", "d/" + "long".repeat(40) + "ü", 0),
      entry('2', "d/soft", "../" + "x".repeat(200), 0),
      entry('3', "null", "", 0),
      entry('6', "pipe", "", 0)
    };
    byte[] tar = tar(written);

    List<TarReader.Entry> entries = read(tar);

    assertThat(entries)
        .extracting(TarReader.Entry::header)
        .usingRecursiveFieldByFieldElementComparator()
        .containsExactly(written);
    int at = (int) entries.get(1).contentAt();
    assertThat(Arrays.copyOfRange(tar, at, at + 1000)).containsOnly('d');
  }

  @Test
  void noBytesAreNoEntries() throws Exception {
    assertThat(read(new byte[0])).isEmpty();
  }

  @Test
  void refusesWhatIsCutOrNoTar() throws Exception {
    byte[] tar = tar(entry('0', "file", "", 3000));
    byte[] broken = tar.clone();
    broken[5] ^= 1;

    assertThatThrownBy(() -> read(Arrays.copyOf(tar, tar.length / 2)))
        .isInstanceOf(IOException.class);
    assertThatThrownBy(() -> read(broken)).hasMessageContaining("checksum");
  }
}
