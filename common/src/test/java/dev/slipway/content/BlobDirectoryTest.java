package dev.slipway.content;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.oci.Digest;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BlobDirectoryTest {
  private static final Digest DIGEST = Digest.ofText("layer");

  @TempDir private Path folder;
  private BlobDirectory directory;
  private Path content;
  private Path target;

  @BeforeEach
  void open() throws Exception {
    directory = new BlobDirectory(Files.createDirectory(folder.resolve("tier")));
    content = Files.writeString(folder.resolve("content"), "layer");
    target = folder.resolve("target");
  }

  private URI address() {
    return BlobDirectory.uri(directory.root(), DIGEST);
  }

  private Path file() {
    return Path.of(address());
  }

  @Test
  void givesBackWhatWasStored() throws Exception {
    assertThat(directory.store(DIGEST, content)).isTrue();

    directory.read(address(), DIGEST, 5, target);

    assertThat(target).hasContent("layer");
    assertThat(file())
        .isEqualTo(
            directory
                .root()
                .resolve("blobs/sha256/" + DIGEST.hex().substring(0, 2) + "/" + DIGEST.hex()));
  }

  @Test
  void writesABlobOnceAndLeavesNoHalfOfIt() throws Exception {
    directory.store(DIGEST, content);

    assertThat(directory.store(DIGEST, content)).isFalse();
    try (Stream<Path> files = Files.list(file().getParent())) {
      assertThat(files.toList()).isEqualTo(List.of(file()));
    }
  }

  @Test
  void setsAsideABlobWhoseBytesAreWrongSoThatItCanBeStoredAgain() throws Exception {
    directory.store(DIGEST, content);
    Files.writeString(file(), "lager");

    assertThatThrownBy(() -> directory.read(address(), DIGEST, 5, target))
        .isInstanceOfSatisfying(
            SlipwayException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.UNAVAILABLE));

    assertThat(directory.store(DIGEST, content)).isTrue();
    directory.read(address(), DIGEST, 5, target);
    assertThat(target).hasContent("layer");
  }

  @Test
  void readsNothingOutsideOfTheDirectory() throws Exception {
    Path other = Files.writeString(folder.resolve(DIGEST.hex()), "layer");

    assertThatThrownBy(() -> directory.read(other.toUri(), DIGEST, 5, target))
        .isInstanceOfSatisfying(
            SlipwayException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.DENIED));
  }

  @Test
  void saysWhenABlobIsNotThere() {
    assertThatThrownBy(() -> directory.read(address(), DIGEST, 5, target))
        .isInstanceOfSatisfying(
            SlipwayException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.NOT_FOUND));
  }
}
