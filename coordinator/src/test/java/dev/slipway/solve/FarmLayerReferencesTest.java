package dev.slipway.solve;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.cache.LayerChain;
import dev.slipway.cache.LayerRecord;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.identity.Rights;
import dev.slipway.oci.Digest;
import dev.slipway.oci.ImageReference;
import dev.slipway.oci.Platform;
import dev.slipway.progress.Progress;
import dev.slipway.protocol.worker.BlobSource;
import dev.slipway.protocol.worker.Layer;
import dev.slipway.registry.Authenticator;
import dev.slipway.telemetry.Meters;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class FarmLayerReferencesTest {
  private static final Digest BLOB = Digest.ofText("blob");
  private static final BuildContext BUILD =
      new BuildContext("build", "", Rights.of(""), Progress.NONE);

  private final FakeFarm farm = new FakeFarm();
  private final FarmLayerReferences references =
      new FarmLayerReferences(
          farm,
          farm,
          new OneRegistry(),
          new Sources(
              (_, id, _) -> {
                throw new SlipwayException(ErrorKind.UNAVAILABLE, id);
              },
              new OneRegistry(),
              farm,
              new Meters(new SimpleMeterRegistry()),
              Clock.systemUTC()),
          () -> "http://coordinator:8080");

  @Test
  void asksPeersForTheBlobOfAnImageLayerBeforeTheRegistry() throws Exception {
    farm.learn(List.of(imageLayer(Set.of(FakeFarm.WORKER))));

    Layer layer = describe("chain:one", "worker-2");

    assertThat(layer.getPeerUrlsList()).isEmpty();
    assertThat(layer.getBlob().getSourcesList())
        .extracting(BlobSource::getUrl)
        .containsExactly("http://worker-1:1/blobs/" + BLOB, "https://registry/" + BLOB);
  }

  @Test
  void asksPeersForTheTarOfALayerThatAStepMade() throws Exception {
    farm.learn(
        List.of(
            new LayerRecord(
                "snap:one", 7, Optional.empty(), Optional.empty(), Set.of(FakeFarm.WORKER))));

    Layer layer = describe("snap:one", "worker-2");

    assertThat(layer.getPeerUrlsList()).containsExactly("http://worker-1:1/layers/snap%3Aone");
    assertThat(layer.getCapability()).isEqualTo("token");
  }

  @Test
  void namesNoPlacesToAWorkerThatHoldsTheLayer() throws Exception {
    farm.learn(List.of(imageLayer(Set.of(FakeFarm.WORKER))));

    Layer layer = describe("chain:one", FakeFarm.WORKER);

    assertThat(layer.hasBlob()).isFalse();
    assertThat(layer.getPeerUrlsList()).isEmpty();
  }

  @Test
  void sendsWorkersToTheCoordinatorForALocalDirectory() throws Exception {
    Layer layer = describe("tree:" + BLOB, "worker-2");

    assertThat(layer.getTreeUrl()).isEqualTo("http://coordinator:8080/trees/" + BLOB);
  }

  private Layer describe(String id, String worker) throws Exception {
    return references.describe(new LayerChain(List.of(id)), BUILD, worker).getFirst();
  }

  private static LayerRecord imageLayer(Set<String> holders) {
    var blob =
        new LayerRecord.Blob(
            Digest.ofText("tar"), BLOB, 7, "application/vnd.oci.image.layer.v1.tar+gzip");
    return new LayerRecord(
        "chain:one",
        7,
        Optional.of(blob),
        Optional.of(new LayerRecord.Origin("docker.io/library/app")),
        holders);
  }

  private static final class OneRegistry implements ImageLookup {
    @Override
    public Digest digest(ImageReference reference, Platform platform, Authenticator authenticator) {
      return BLOB;
    }

    @Override
    public List<LayerRecord> layers(
        ImageReference reference, Platform platform, Authenticator authenticator) {
      return List.of();
    }

    @Override
    public List<BlobSource> pullSources(
        String repository, Digest blob, Authenticator authenticator) {
      return List.of(BlobSource.newBuilder().setUrl("https://registry/" + blob).build());
    }
  }
}
