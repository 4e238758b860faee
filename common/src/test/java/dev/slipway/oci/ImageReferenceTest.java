package dev.slipway.oci;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ImageReferenceTest {
  @ParameterizedTest
  @CsvSource({
    "alpine, docker.io/library/alpine:latest, alpine:latest",
    "alpine:3.20, docker.io/library/alpine:3.20, alpine:3.20",
    "user/app, docker.io/user/app:latest, user/app:latest",
    "index.docker.io/alpine, docker.io/library/alpine:latest, alpine:latest",
    "localhost:5000/app, localhost:5000/app:latest, localhost:5000/app:latest",
    "localhost/app:1, localhost/app:1, localhost/app:1",
    "registry.test/a/b/c:v1, registry.test/a/b/c:v1, registry.test/a/b/c:v1",
    "'[::1]:5000/x', '[::1]:5000/x:latest', '[::1]:5000/x:latest'"
  })
  void normalisesNamesAsDockerDoes(String written, String normalised, String familiar) {
    ImageReference reference = ImageReference.parse(written);

    assertThat(reference).hasToString(normalised);
    assertThat(reference.familiar()).isEqualTo(familiar);
    assertThat(ImageReference.parse(normalised)).isEqualTo(reference);
  }

  @Test
  void keepsTagBesideDigest() {
    String digest = Digest.ofText("x").value();

    ImageReference reference = ImageReference.parse("alpine:3@" + digest);

    assertThat(reference).hasToString("docker.io/library/alpine:3@" + digest);
    assertThat(reference.object()).isEqualTo(digest);
    assertThat(ImageReference.parse("alpine@" + digest).tag()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "UPPER", "a b", "a/../b", "a:ta/g:", "-x", "a@sha256:12", "http://x/y"})
  void rejectsWhatIsNoReference(String text) {
    assertThatThrownBy(() -> ImageReference.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("invalid reference format");
  }
}
