package dev.slipway.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.compatibility.Area;
import dev.slipway.compatibility.Feature;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What is rebuilt, moved and asked when only the way to the same files has changed. */
class ContentCacheE2eTest {
  private static final long MEGABYTE = 1L << 20;
  private static final Pattern MOVED_BY_PEERS =
      Pattern.compile("\"movedBytes\":\\{\"peers\":(\\d+)");
  private static final Pattern PEER_BYTES =
      Pattern.compile("(?m)^slipway_layer_transfer_bytes_total\\{.*path=\"peer\".*} (\\S+)");

  private static Farm farm;
  private final LocalRegistry registry = LocalRegistry.shared();

  @BeforeAll
  static void start() {
    farm = Farm.start(2);
  }

  @AfterAll
  static void stop() {
    farm.close();
  }

  @Test
  @Feature(
      value = "cache by content",
      note = "A rebuilt input with the same contents is a hit.",
      area = Area.CACHE)
  void whatCopiesFromARebuiltStageWithTheSameOutputIsCached() {
    String app =
        """
        FROM busybox AS build
        ARG STAMP
        RUN echo "compiled at $STAMP" && mkdir /out && echo program > /out/program
        FROM busybox
        COPY --from=build /out/program /bin/program
        RUN cat /bin/program && cat /proc/sys/kernel/random/uuid > /id
        """;
    build(app, "content/app:1", "--build-arg", "STAMP=one");

    String output = build(app, "content/app:2", "--build-arg", "STAMP=two");

    assertThat(output).contains("compiled at two");
    assertThat(cached(output, "COPY --from=build")).as(output).isTrue();
    assertThat(cached(output, "RUN cat /bin/program")).as(output).isTrue();
    assertThat(id("content/app", "2")).isEqualTo(id("content/app", "1"));
  }

  @Test
  void whatCopiesFromARebuiltStageWithAnotherOutputRuns() {
    String app =
        """
        FROM busybox AS build
        ARG STAMP
        RUN echo "compiled at $STAMP" > /program
        FROM busybox
        COPY --from=build /program /bin/program
        RUN cat /bin/program && cat /proc/sys/kernel/random/uuid > /id
        """;
    build(app, "content/other:1", "--build-arg", "STAMP=one");

    build(app, "content/other:2", "--build-arg", "STAMP=two");

    assertThat(id("content/other", "2")).isNotEqualTo(id("content/other", "1"));
    assertThat(PushedImage.read(registry, "content/other", "2", "amd64").text("bin/program"))
        .isEqualTo("compiled at two\n");
  }

  @Test
  void readOnlyMountOfARebuiltStageWithTheSameOutputIsCached() {
    String app =
        """
        FROM busybox AS build
        ARG STAMP
        RUN echo "compiled at $STAMP" && mkdir /out && echo program > /out/program
        FROM busybox
        RUN --mount=from=build,source=/out,target=/mnt cp /mnt/program / && cat /proc/sys/kernel/random/uuid > /id
        """;
    build(app, "content/mount:1", "--build-arg", "STAMP=one");

    String output = build(app, "content/mount:2", "--build-arg", "STAMP=two");

    assertThat(output).contains("compiled at two");
    assertThat(cached(output, "RUN --mount")).as(output).isTrue();
    assertThat(id("content/mount", "2")).isEqualTo(id("content/mount", "1"));
  }

  @Test
  void aSmallFileOutOfALargeStageMovesAlone() {
    // The stage that goes on with the large one keeps its worker busy, so that the copies run on
    // the other one; it builds on nothing, so that nothing but parts has to be moved.
    String app =
        """
        FROM busybox AS large
        RUN dd if=/dev/urandom of=/large bs=1M count=200 && echo small > /small
        FROM large AS busy
        RUN sleep 5 && echo done > /done
        FROM scratch
        COPY --from=large /small /small
        COPY --from=busy /done /done
        """;
    double before = peerBytes();

    build(app, "content/small:1");

    long moved = movedByPeers();
    assertThat(moved).isPositive().isLessThan(MEGABYTE);
    assertThat(peerBytes() - before).isPositive().isLessThan(MEGABYTE);
    PushedImage image = PushedImage.read(registry, "content/small", "1", "amd64");
    assertThat(image.text("small")).isEqualTo("small\n");
    assertThat(image.text("done")).isEqualTo("done\n");
  }

  @Test
  void aBuildThatIsAllCachedNeedsNoWorkerEvenToPush() {
    String app =
        """
        FROM busybox AS build
        RUN echo warm > /program
        FROM busybox
        COPY --from=build /program /bin/program
        RUN cat /bin/program > /copy
        """;
    build(app, "content/warm:1");

    List<Integer> workers = List.of(1, 2);
    workers.forEach(worker -> farm.signal(worker, "STOP"));
    try {
      String output = build(app, "content/warm:2");

      assertThat(cached(output, "RUN cat /bin/program")).as(output).isTrue();
    } finally {
      workers.forEach(worker -> farm.signal(worker, "CONT"));
    }
    assertThat(registry.manifest("content/warm", "2"))
        .isEqualTo(registry.manifest("content/warm", "1"));
  }

  private String build(String dockerfile, String image, String... more) {
    List<String> flags = new java.util.ArrayList<>(List.of("-t", registry.image(image), "--push"));
    flags.addAll(List.of(more));
    return farm.buildx()
        .build(BuildDirectory.of(dockerfile).path(), flags.toArray(String[]::new))
        .orThrow()
        .output();
  }

  private String id(String repository, String tag) {
    return PushedImage.read(registry, repository, tag, "amd64").text("id");
  }

  /** Whether the client shows the step, found by a part of its name, as cached. */
  private static boolean cached(String output, String step) {
    Matcher line = Pattern.compile("(?m)^#(\\d+) \\[.*" + Pattern.quote(step)).matcher(output);
    return line.find()
        && Pattern.compile("(?m)^#" + line.group(1) + " CACHED").matcher(output).find();
  }

  /** Of the last build, as the coordinator tells it. */
  private static long movedByPeers() {
    String builds = farm.http("/api/v1/builds");
    Matcher matcher = MOVED_BY_PEERS.matcher(builds);
    assertThat(matcher.find()).as(builds).isTrue();
    return Long.parseLong(matcher.group(1));
  }

  /** Of both workers, as they count it themselves. */
  private static double peerBytes() {
    return IntStream.of(1, 2)
        .mapToObj(worker -> farm.workerHttp(worker, "/metrics"))
        .map(PEER_BYTES::matcher)
        .filter(Matcher::find)
        .mapToDouble(matcher -> Double.parseDouble(matcher.group(1)))
        .sum();
  }
}
