package dev.slipway.content;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DiskContentStoreTest extends ContentStoreContract {
  @TempDir Path root;

  @Override
  protected ContentStore store() throws IOException {
    return new DiskContentStore(root);
  }

  @Test
  void removesWhatACrashLeftHalfWritten() throws Exception {
    Files.createDirectories(root.resolve("ingest"));
    Files.writeString(root.resolve("ingest/in-1"), "half");

    store();

    assertThat(root.resolve("ingest")).isEmptyDirectory();
  }
}
