package dev.slipway.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;

/** The farm builds the images that farms run from. */
class ImagesE2eTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** What a node pulls: Java, the libraries, and git and ssh, with which sources are fetched. */
  private static final long COORDINATOR_BYTES = 155_000_000;

  /** Java, the libraries, runc, the emulator and what networks need. */
  private static final long WORKER_BYTES = 150_000_000;

  /** A new version of Slipway changes the last layer only. */
  private static final long PROGRAM_BYTES = 3_000_000;

  private final LocalRegistry registry = LocalRegistry.shared();
  private final FarmImages images = FarmImages.shared();

  @Test
  void bothAreSmallAndTheirProgramIsAThinLayer() throws IOException {
    assertThat(sum(layers(FarmImages.COORDINATOR, "amd64"))).isLessThan(COORDINATOR_BYTES);
    assertThat(sum(layers(FarmImages.WORKER, "amd64"))).isLessThan(WORKER_BYTES);
    assertThat(layers(FarmImages.COORDINATOR, "amd64").reduce((_, last) -> last).orElseThrow())
        .isLessThan(PROGRAM_BYTES);
    assertThat(layers(FarmImages.WORKER, "arm64").reduce((_, last) -> last).orElseThrow())
        .isLessThan(PROGRAM_BYTES);
  }

  @Test
  void neitherRunsAsRootOrHasAProgramThatChangesItsUser() {
    for (String repository : new String[] {FarmImages.COORDINATOR, FarmImages.WORKER}) {
      PushedImage image = PushedImage.read(registry, repository, "1", "amd64");
      JsonNode config = image.config().get("config");
      assertThat(config.get("User").asText()).isEqualTo("1000:1000");
      assertThat(config.get("Healthcheck").get("Test").get(0).asText()).isEqualTo("CMD");
      assertThat(config.get("Volumes").has("/var/lib/slipway")).isTrue();
      assertThat(image.files())
          .as("set-user-ID or set-group-ID in " + repository)
          .noneSatisfy((_, entry) ->
              assertThat(entry.header().isFile() && (entry.header().getMode() & 06000) != 0)
                  .isTrue());
    }
  }

  @Test
  void eachArchitectureHasItsOwnProgramsAndTheOthersEmulator() {
    PushedImage amd64 = PushedImage.read(registry, FarmImages.WORKER, "1", "amd64");
    PushedImage arm64 = PushedImage.read(registry, FarmImages.WORKER, "1", "arm64");

    for (String program :
        new String[] {"opt/java/bin/java", "usr/bin/newuidmap", "usr/sbin/runc"}) {
      assertThat(machine(amd64, program)).as(program).isEqualTo(0x3e);
      assertThat(machine(arm64, program)).as(program).isEqualTo(0xb7);
    }
    assertThat(machine(amd64, "usr/bin/qemu-aarch64-static")).isEqualTo(0x3e);
    assertThat(machine(arm64, "usr/bin/qemu-x86_64-static")).isEqualTo(0xb7);
  }

  @Test
  void aSecondBuildWithoutCacheGivesTheSameDigest() throws IOException {
    images.build("coordinator", "slipway/again", "--platform", "linux/amd64", "--no-cache");

    assertThat(config("slipway/again")).isEqualTo(config(FarmImages.COORDINATOR));
    assertThat(manifest("slipway/again", "amd64").get("layers"))
        .isEqualTo(manifest(FarmImages.COORDINATOR, "amd64").get("layers"));
  }

  /** Field e_machine of an ELF header: elf(5). */
  private static int machine(PushedImage image, String program) {
    return image.files().get(program).content()[18] & 0xff;
  }

  private static long sum(Stream<Long> sizes) {
    return sizes.mapToLong(Long::longValue).sum();
  }

  private Stream<Long> layers(String repository, String architecture) throws IOException {
    return StreamSupport.stream(
            manifest(repository, architecture).get("layers").spliterator(), false)
        .map(layer -> layer.get("size").asLong());
  }

  private String config(String repository) throws IOException {
    return manifest(repository, "amd64").get("config").get("digest").asText();
  }

  private JsonNode manifest(String repository, String architecture) throws IOException {
    JsonNode manifest = JSON.readTree(registry.manifest(repository, "1"));
    for (JsonNode entry : manifest.path("manifests")) {
      if (entry.path("platform").path("architecture").asText().equals(architecture)) {
        return JSON.readTree(registry.manifest(repository, entry.get("digest").asText()));
      }
    }
    return manifest;
  }
}
