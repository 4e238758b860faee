package dev.slipway.solve;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.cache.LayerChain;
import dev.slipway.cache.LayerRecord;
import dev.slipway.context.ContextTree.PathSelector;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class LocalityTest {
  private static final long GIGABYTE = 1L << 30;

  private final Locality locality = new Locality();
  private final LayerChain base = new LayerChain(List.of("chain:a", "snap:b"));
  private final LayerChain toolchain = new LayerChain(List.of("chain:jdk", "snap:out"));
  private final ContentPart program =
      ContentPart.of(
          toolchain, List.of(new PathSelector("/program", false, true, List.of(), List.of())));

  @Test
  void layersOfTheBaseCountInFull() {
    locality.needs(base);

    assertThat(bytes(layer("chain:a", 100, "w1", "w2"), layer("snap:b", 7, "w1")))
        .isEqualTo(Map.of("w1", 107L, "w2", 100L));
  }

  @Test
  void aPartCountsAsMuchAsIsReadOfIt() {
    locality.needs(program);

    assertThat(
            bytes(
                layer("chain:jdk", GIGABYTE, "w1", "w2"),
                layer("snap:out", 50, "w1"),
                layer(program.id(), 40, "w3")))
        .isEqualTo(Map.of("w1", 40L, "w3", 40L));
  }

  @Test
  void aPartOfUnknownSizeCountsLessThanItsFilesystem() {
    locality.needs(program);

    long small = bytes(layer("chain:jdk", 10, "w1"), layer("snap:out", 50, "w1")).get("w1");
    long large = bytes(layer("chain:jdk", GIGABYTE, "w1"), layer("snap:out", 50, "w1")).get("w1");

    assertThat(small).isEqualTo(60);
    assertThat(large).isGreaterThan(small).isLessThan(GIGABYTE / 10);
  }

  @Test
  void halfAFilesystemSavesNothingOfAPart() {
    locality.needs(program);

    assertThat(bytes(layer("chain:jdk", 10, "w1"), layer("snap:out", 50, "w2"))).isEmpty();
  }

  private Map<String, Long> bytes(LayerRecord... layers) {
    Map<String, LayerRecord> known =
        Stream.of(layers).collect(Collectors.toMap(LayerRecord::id, layer -> layer));
    assertThat(locality.ids()).containsAll(known.keySet());
    return locality.bytesByWorker(known);
  }

  private static LayerRecord layer(String id, long size, String... holders) {
    return new LayerRecord(id, size, Optional.empty(), Optional.empty(), Set.of(holders));
  }
}
