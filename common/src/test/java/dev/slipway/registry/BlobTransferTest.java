package dev.slipway.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.oci.Digest;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BlobTransferTest {
  private static final byte[] CONTENT = new byte[300_000];
  private static final Digest DIGEST;

  static {
    new Random(7).nextBytes(CONTENT);
    DIGEST = Digest.of(CONTENT);
  }

  @TempDir Path directory;
  private FakeRegistry registry;
  private BlobTransfer transfer;

  @BeforeEach
  void start() throws Exception {
    registry = FakeRegistry.start(FakeRegistry.Auth.NONE);
    registry.putBlob("app", CONTENT);
    transfer =
        new BlobTransfer(
            new RetryPolicy(
                4,
                Duration.ofMillis(1),
                Duration.ofMillis(5),
                Duration.ofSeconds(20),
                Duration.ofMillis(500)));
  }

  @AfterEach
  void close() {
    transfer.close();
    registry.close();
  }

  private BlobTransfer.Source source(String repository) {
    return new BlobTransfer.Source(
        URI.create("http://" + registry.host() + "/v2/" + repository + "/blobs/" + DIGEST),
        "",
        false);
  }

  private BlobTransfer.Target target() {
    return new BlobTransfer.Target(URI.create("http://" + registry.host()), "target", "", false);
  }

  private byte[] download(BlobTransfer.Source... sources) throws Exception {
    Path file = directory.resolve("blob");
    transfer.download(
        new BlobTransfer.Blob(DIGEST, CONTENT.length, List.of(sources)), file, _ -> {});
    return Files.readAllBytes(file);
  }

  @Test
  void downloadsABlobAndCountsItsBytes() throws Exception {
    AtomicLong received = new AtomicLong();

    transfer.download(
        new BlobTransfer.Blob(DIGEST, CONTENT.length, List.of(source("app"))),
        directory.resolve("blob"),
        received::set);

    assertThat(directory.resolve("blob")).hasBinaryContent(CONTENT);
    assertThat(received).hasValue(CONTENT.length);
  }

  @Test
  void resumesWhereTheConnectionBroke() throws Exception {
    registry.fail("GET", "/blobs/", FakeRegistry.Kind.CUT_BODY, 2);

    assertThat(download(source("app"))).isEqualTo(CONTENT);
    assertThat(registry.requests()).hasSize(3);
  }

  @Test
  void resumesAtARegistryWithoutRanges() throws Exception {
    registry.ignoreRanges();
    registry.fail("GET", "/blobs/", FakeRegistry.Kind.CUT_BODY, 1);

    assertThat(download(source("app"))).isEqualTo(CONTENT);
  }

  @Test
  void doesNotWaitForASilentPeer() throws Exception {
    registry.fail("GET", "/blobs/", FakeRegistry.Kind.STALL, 1);

    assertThat(download(source("app"))).isEqualTo(CONTENT);
  }

  @Test
  void asksTheNextSource() throws Exception {
    BlobTransfer.Source dead =
        new BlobTransfer.Source(URI.create("http://127.0.0.1:1/v2/app/blobs/" + DIGEST), "", false);

    assertThat(download(dead, source("empty"), source("app"))).isEqualTo(CONTENT);
  }

  @Test
  void rejectsBytesWithAnotherDigest() {
    Digest other = Digest.ofText("other");
    BlobTransfer.Blob blob = new BlobTransfer.Blob(other, CONTENT.length, List.of(source("app")));

    assertThatThrownBy(() -> transfer.download(blob, directory.resolve("blob"), _ -> {}))
        .isInstanceOf(SlipwayException.class)
        .hasMessageContaining("the bytes received have digest " + DIGEST);
    assertThat(directory.resolve("blob")).doesNotExist();
  }

  @Test
  void saysThatNoSourceHasTheBlob() {
    assertThatThrownBy(() -> download(source("empty")))
        .isInstanceOfSatisfying(
            SlipwayException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.NOT_FOUND));
  }

  @Test
  void uploadsAFileOnce() throws Exception {
    Path file = Files.write(directory.resolve("blob"), CONTENT);
    AtomicLong sent = new AtomicLong();

    assertThat(transfer.exists(target(), DIGEST)).isFalse();
    assertThat(transfer.upload(target(), DIGEST, file, sent::set)).isTrue();
    assertThat(transfer.upload(target(), DIGEST, file, _ -> {})).isFalse();

    assertThat(sent).hasValue(CONTENT.length);
    assertThat(registry.blob("target", DIGEST)).contains(CONTENT);
    assertThat(registry.count("PUT")).isEqualTo(1);
  }

  @Test
  void uploadsAgainWhenTheConnectionBreaks() throws Exception {
    Path file = Files.write(directory.resolve("blob"), CONTENT);
    registry.fail("PUT", "/blobs/uploads/", FakeRegistry.Kind.NO_ANSWER, 1);
    registry.fail("POST", "/blobs/uploads/", FakeRegistry.Kind.SERVER_ERROR, 1);

    assertThat(transfer.upload(target(), DIGEST, file, _ -> {})).isTrue();

    assertThat(registry.blob("target", DIGEST)).contains(CONTENT);
  }
}
