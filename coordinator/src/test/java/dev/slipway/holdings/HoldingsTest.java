package dev.slipway.holdings;

import static dev.slipway.holdings.Disks.record;
import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.explain.Provenance;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class HoldingsTest {
  private final Disks disks = new Disks();
  private final Map<String, Provenance> provenance =
      Map.of(
          "snap:a",
          new Provenance(
              "team-a",
              "team-a",
              "ref",
              "Dockerfile",
              "[2] RUN make",
              "linux/amd64",
              "w1",
              Instant.EPOCH,
              List.of("the image go:1@sha256:ab")));
  private Instant now = Instant.ofEpochSecond(10_000);
  private final Holdings holdings =
      new Holdings(
          disks.fleet(),
          _ -> provenance,
          new Clock() {
            @Override
            public Instant instant() {
              return now;
            }

            @Override
            public ZoneId getZone() {
              return ZoneOffset.UTC;
            }

            @Override
            public Clock withZone(ZoneId zone) {
              return this;
            }
          });

  @BeforeEach
  void fill() {
    disks.with(
        "w1",
        record("snap:a", "regular", "result of a step on w1", 1),
        record("mount:m", "exec.cachemount", "cache mount team-b/go on w1", 5));
    disks.with("w2", record("snap:a", "regular", "result of a step on w2", 3));
  }

  private Page find(String words, String order, String offset, String limit) throws Exception {
    return holdings.find(Query.of(words, order, offset, limit), _ -> true);
  }

  private List<String> found(String words) throws Exception {
    return find(words, "", "", "").entries().stream().map(Holding::id).toList();
  }

  @Test
  void putsTheCopiesOfSeveralWorkersTogether() throws Exception {
    Holding layer = find("snap:a", "", "", "").entries().getFirst();

    assertThat(layer.workers()).containsExactly("w1", "w2");
    assertThat(layer.description()).isEqualTo("result of a step");
    assertThat(layer.uses()).isEqualTo(4);
    assertThat(layer.size()).isEqualTo(300);
    assertThat(layer.createdAt()).isEqualTo(Instant.ofEpochSecond(1));
    assertThat(layer.lastUsedAt()).isEqualTo(Instant.ofEpochSecond(3));
    assertThat(layer.provenance().orElseThrow().step()).isEqualTo("[2] RUN make");
  }

  @Test
  void knowsWhoseEachThingIs() throws Exception {
    assertThat(find("", "", "", "").entries().stream().map(Holding::tenant))
        .containsExactly(Optional.of("team-b"), Optional.of("team-a"));
  }

  @Test
  void findsByAllWordsWhereverTheyStand() throws Exception {
    assertThat(found("RUN make")).containsExactly("snap:a");
    assertThat(found("go:1 w2")).containsExactly("snap:a");
    assertThat(found("team-b")).containsExactly("mount:m");
    assertThat(found("make w3")).isEmpty();
  }

  @Test
  void showsNobodyWhatIsNotForHim() throws Exception {
    Page page =
        holdings.find(
            Query.of("", "", "", ""), holding -> holding.tenant().equals(Optional.of("team-a")));

    assertThat(page.entries()).extracting(Holding::id).containsExactly("snap:a");
    assertThat(page.found()).isEqualTo(1);
  }

  @Test
  void givesAPartInOrder() throws Exception {
    Page second = find("", "size", "1", "1");

    assertThat(second.found()).isEqualTo(2);
    assertThat(second.bytes()).isEqualTo(800);
    assertThat(second.entries()).extracting(Holding::id).containsExactly("snap:a");
  }

  @Test
  void namesWorkersThatDoNotAnswer() throws Exception {
    disks.silent("w2");

    Page page = find("", "", "", "");

    assertThat(page.silent()).containsExactly(Map.entry("w2", "it does not answer"));
    assertThat(page.found()).isEqualTo(2);
  }

  @Test
  void asksTheWorkersSeldomHoweverManyLook() throws Exception {
    find("", "", "", "");
    find("", "", "", "");
    assertThat(disks.asked()).isEqualTo(2);

    now = now.plus(Duration.ofSeconds(6));
    find("", "", "", "");
    assertThat(disks.asked()).isEqualTo(4);
  }
}
