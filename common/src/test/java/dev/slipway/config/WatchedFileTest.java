package dev.slipway.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WatchedFileTest {
  @TempDir Path folder;
  private Instant now = Instant.EPOCH;
  private Path file;
  private int reads;

  @BeforeEach
  void write() throws IOException {
    file = Files.writeString(folder.resolve("file"), "first");
  }

  private String read(Path path) throws SlipwayException {
    reads++;
    try {
      String text = Files.readString(path);
      if (text.equals("broken")) {
        throw new SlipwayException(ErrorKind.INVALID, path + " is broken");
      }
      return text;
    } catch (IOException e) {
      throw new SlipwayException(ErrorKind.NOT_FOUND, path + " is gone", e);
    }
  }

  @Test
  void isReadAgainWhenItHasChangedAndNotOtherwise() throws Exception {
    WatchedFile<String> watched = WatchedFile.of(file, this::read, () -> now);
    for (int i = 0; i < 5; i++) {
      now = now.plusSeconds(2);
      assertThat(watched.get()).isEqualTo("first");
    }
    assertThat(reads).isEqualTo(1);

    Files.writeString(file, "second one");
    now = now.plusSeconds(2);

    assertThat(watched.get()).isEqualTo("second one");
  }

  @Test
  void isLookedAtOnceASecondAtMost() throws Exception {
    WatchedFile<String> watched = WatchedFile.of(file, this::read, () -> now);
    Files.writeString(file, "second one");

    assertThat(watched.get()).isEqualTo("first");
  }

  @Test
  void staysAsItWasWhileTheFileCannotBeUsed() throws Exception {
    WatchedFile<String> watched = WatchedFile.of(file, this::read, () -> now);

    Files.writeString(file, "broken");
    now = now.plusSeconds(2);
    assertThat(watched.get()).isEqualTo("first");
    Files.delete(file);
    now = now.plusSeconds(2);
    assertThat(watched.get()).isEqualTo("first");
    Files.writeString(file, "mended");
    now = now.plusSeconds(2);
    assertThat(watched.get()).isEqualTo("mended");
  }

  @Test
  void mustBeUsableAtTheBeginning() throws Exception {
    Files.writeString(file, "broken");

    assertThatThrownBy(() -> WatchedFile.of(file, this::read, () -> now))
        .hasMessageContaining("is broken");
  }
}
