package dev.slipway.content;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.oci.Digest;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import org.junit.jupiter.api.Test;

/** What every content store does. Extend it for each. */
public abstract class ContentStoreContract {
  private static final byte[] CONTENT = "some content".getBytes();
  private static final Digest DIGEST = Digest.of(CONTENT);

  /** An empty store. */
  protected abstract ContentStore store() throws IOException;

  @Test
  void givesBackWhatItIngested() throws Exception {
    ContentStore store = store();

    store.ingest(new ByteArrayInputStream(CONTENT), DIGEST, 100);

    assertThat(store.size(DIGEST)).hasValue(CONTENT.length);
    try (InputStream in = store.open(DIGEST)) {
      assertThat(in.readAllBytes()).isEqualTo(CONTENT);
    }
  }

  @Test
  void rejectsContentWhoseDigestDiffers() throws Exception {
    ContentStore store = store();

    assertThatThrownBy(
            () -> store.ingest(new ByteArrayInputStream("other".getBytes()), DIGEST, 100))
        .isInstanceOfSatisfying(
            SlipwayException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.INVALID));
    assertThat(store.has(DIGEST)).isFalse();
  }

  @Test
  void rejectsMoreBytesThanTheLimit() throws Exception {
    ContentStore store = store();

    assertThatThrownBy(
            () -> store.ingest(new ByteArrayInputStream(CONTENT), DIGEST, CONTENT.length - 1))
        .isInstanceOfSatisfying(
            SlipwayException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.EXHAUSTED));
    assertThat(store.has(DIGEST)).isFalse();
  }

  @Test
  void saysThatDeletedContentIsNotFound() throws Exception {
    ContentStore store = store();
    store.ingest(new ByteArrayInputStream(CONTENT), DIGEST, 100);

    store.delete(DIGEST);
    store.delete(DIGEST);

    assertThatThrownBy(() -> store.open(DIGEST))
        .isInstanceOfSatisfying(
            SlipwayException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.NOT_FOUND));
  }

  @Test
  void ingestsTheSameContentTwice() throws Exception {
    ContentStore store = store();

    store.ingest(new ByteArrayInputStream(CONTENT), DIGEST, 100);
    store.ingest(new ByteArrayInputStream(CONTENT), DIGEST, 100);

    assertThat(store.has(DIGEST)).isTrue();
  }
}
