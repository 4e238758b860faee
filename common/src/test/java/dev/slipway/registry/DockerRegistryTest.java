package dev.slipway.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.oci.Digest;
import dev.slipway.oci.ImageReference;
import dev.slipway.oci.MediaTypes;
import dev.slipway.oci.Platform;
import dev.slipway.registry.RegistryClient.PushAccess;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The client against the registry that most people run. */
class DockerRegistryTest {
  private static final TestImage IMAGE = TestImage.of("layer bytes", Platform.LINUX_AMD64);

  @TempDir Path directory;
  private DockerRegistry registry;
  private RegistryClient client;

  @BeforeEach
  void start() throws Exception {
    registry = DockerRegistry.start(directory);
    client = new RegistryClient(RegistryHosts.DEFAULT);
  }

  @AfterEach
  void close() throws Exception {
    if (client != null) {
      client.close();
    }
    if (registry != null) {
      registry.close();
    }
  }

  private ImageReference reference(String name) {
    return ImageReference.parse(registry.host() + "/" + name);
  }

  private Repository open(String repository) throws Exception {
    return client.open(
        new PushAccess(reference(repository), Authenticator.ANONYMOUS, false, Set.of()));
  }

  @Test
  void resolvesWhatItPushed() throws Exception {
    Repository repository = open("team/app");
    assertThat(repository.pushBlob(IMAGE.layer())).isTrue();
    assertThat(repository.pushBlob(IMAGE.layer())).isFalse();
    repository.pushBlob(IMAGE.config());
    repository.pushManifest(
        Digest.of(IMAGE.manifest()).value(), MediaTypes.OCI_MANIFEST, IMAGE.manifest());
    repository.pushManifest("1", MediaTypes.OCI_INDEX, IMAGE.index());

    ResolvedImage image =
        client.resolve(reference("team/app:1"), Platform.LINUX_AMD64, Authenticator.ANONYMOUS);

    assertThat(image.root().digest()).isEqualTo(Digest.of(IMAGE.index()));
    assertThat(image.config()).isEqualTo(IMAGE.config());
    Digest layer = image.layers().getFirst().blob().digest();
    try (InputStream in =
        client.fetchBlob(
            reference("team/app"), layer, IMAGE.layer().length, Authenticator.ANONYMOUS, _ -> {})) {
      assertThat(in.readAllBytes()).isEqualTo(IMAGE.layer());
    }
  }

  @Test
  void mountsAcrossRepositories() throws Exception {
    open("base").pushBlob(IMAGE.layer());
    Repository app = open("app");

    assertThat(app.mountBlob(Digest.of(IMAGE.layer()), "base")).isTrue();
    assertThat(app.mountBlob(Digest.ofText("nowhere"), "base")).isFalse();
    assertThat(app.hasBlob(Digest.of(IMAGE.layer()))).isTrue();
  }

  @Test
  void movesABlobForAWorker() throws Exception {
    BlobAccess.Site site =
        client.access(reference("app"), true, Authenticator.ANONYMOUS).sites().getFirst();
    Digest digest = Digest.of(IMAGE.layer());
    Path file = Files.write(directory.resolve("blob"), IMAGE.layer());
    try (BlobTransfer transfer = new BlobTransfer(RetryPolicy.DEFAULT)) {
      BlobTransfer.Target target =
          new BlobTransfer.Target(
              site.registryUrl(), site.repository(), site.authorization(), site.insecureTls());

      assertThat(transfer.upload(target, digest, file, _ -> {})).isTrue();

      URI url = site.blobUrl(digest);
      BlobTransfer.Blob blob =
          new BlobTransfer.Blob(
              digest,
              IMAGE.layer().length,
              java.util.List.of(new BlobTransfer.Source(url, "", false)));
      transfer.download(blob, directory.resolve("copy"), _ -> {});
      assertThat(directory.resolve("copy")).hasBinaryContent(IMAGE.layer());
    }
  }

  @Test
  void saysThatAnImageIsNotFound() {
    assertThatThrownBy(
            () -> client.resolve(reference("x:y"), Platform.LINUX_AMD64, Authenticator.ANONYMOUS))
        .hasMessageEndingWith(registry.host() + "/x:y: not found");
  }
}
