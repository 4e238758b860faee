package dev.slipway.web.page;

import static dev.slipway.holdings.Disks.record;
import static dev.slipway.web.page.Builds.build;
import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.explain.Provenance;
import dev.slipway.holdings.Disks;
import dev.slipway.protocol.worker.UsageRecord;
import dev.slipway.web.access.Viewer;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class CachePageTest {
  private static final String HOSTILE = "<script>alert('\"&x')</script>";

  private final Disks disks = new Disks();
  private final PageFixture fixture = new PageFixture(disks.fleet());
  private final ServedPages pages = new ServedPages(fixture);

  @AfterEach
  void stop() {
    pages.close();
  }

  private String get(String path) throws Exception {
    return pages.get(path, Viewer.OF_EVERYTHING).body();
  }

  private static Provenance madeBy(String tenant, String build, String step, String... key) {
    return new Provenance(
        tenant, "", build, "Dockerfile", step, "linux/amd64", "w1", Builds.START, List.of(key));
  }

  @Test
  void tellsWhatALayerIsAndWhatItsKeyWasMadeOf() throws Exception {
    disks.with("w1", record("snap:a", "regular", "result of a step on w1", 20));
    disks.with("w2", record("snap:a", "regular", "result of a step on w2", 20));
    fixture
        .with("snap:a", madeBy("team-a", "b1", "[2] RUN make", "the image go:1@sha256:ab"))
        .with(build("b1").ended(1));

    assertThat(get("/cache"))
        .contains("1 record, 2.0 KiB with one copy of each")
        .contains("<code class=\"what\">[2] RUN make</code>")
        .contains("<td data-label=\"tenant\">team-a</td>")
        .contains("<td class=\"held\" data-label=\"on\">w1, w2</td>")
        .contains("<td class=\"right\" data-label=\"uses\">4</td>")
        .contains("<summary>result of a step, what its key was made of</summary>")
        .contains("<li>the image go:1@sha256:ab</li>")
        .contains("<li>the platform linux/amd64</li>")
        .contains("<a href=\"/builds/b1\">Dockerfile</a>");
  }

  @Test
  void leadsToNoBuildThatIsNotKept() throws Exception {
    disks.with("w1", record("snap:a", "regular", "result of a step on w1", 20));
    fixture.with("snap:a", madeBy("team-a", "gone", "[2] RUN make"));

    assertThat(get("/cache")).contains("<dd>Dockerfile ").doesNotContain("/builds/gone");
  }

  @Test
  void whatClientsWroteIsText() throws Exception {
    disks.with(
        "w1",
        record("snap:a" + HOSTILE, "regular", "result of a step on w1", 1),
        record("mount:m", "exec.cachemount", "cache mount " + HOSTILE + "/" + HOSTILE, 2));
    disks.silent("w2" + HOSTILE);
    fixture.with(
        "snap:a" + HOSTILE,
        new Provenance(
            HOSTILE,
            HOSTILE,
            "b1",
            HOSTILE,
            HOSTILE,
            HOSTILE,
            HOSTILE,
            Builds.START,
            List.of(HOSTILE)));

    for (String path : List.of("/cache", "/cache?q=%3Cscript%3E")) {
      assertThat(get(path)).as(path).doesNotContain("<script>").contains("&lt;script");
    }
  }

  @Test
  void findsByWordsAndKeepsThemInTheForm() throws Exception {
    disks.with(
        "w1",
        record("chain:a", "regular", "layer of an image on w1", 1),
        record("tree:b", "source.local", "files of a local context on w1", 2));

    assertThat(get("/cache?q=LOCAL+files"))
        .contains("1 record with “LOCAL files”")
        .contains("value=\"LOCAL files\"")
        .contains("tree:b")
        .doesNotContain("chain:a");
    assertThat(get("/cache?q=nothing+such")).contains("No record has all of these words.");
  }

  @Test
  void putsTheLargestFirstWhenAsked() throws Exception {
    disks.with(
        "w1",
        record("chain:old", "regular", "layer of an image on w1", 1).toBuilder()
            .setSize(1 << 20)
            .build(),
        record("chain:new", "regular", "layer of an image on w1", 2));

    assertThat(get("/cache")).containsSubsequence("chain:new", "chain:old");
    assertThat(get("/cache?order=size"))
        .containsSubsequence("<option value=\"size\" selected>", "chain:old", "chain:new");
    assertThat(pages.get("/cache?order=smell", Viewer.OF_EVERYTHING).statusCode()).isEqualTo(400);
  }

  @Test
  void goesOnFromPageToPageWithTheSameWords() throws Exception {
    disks.with(
        "w1",
        IntStream.rangeClosed(1, 120)
            .mapToObj(i -> record("chain:%03d".formatted(i), "regular", "layer of an image", i))
            .toArray(UsageRecord[]::new));

    assertThat(get("/cache?q=layer"))
        .contains("chain:120", "chain:071", "1 to 50 of 120")
        .contains("rel=\"next\" href=\"/cache?q=layer&amp;order=used&amp;offset=50\"")
        .doesNotContain("chain:070", "rel=\"prev\"");
    assertThat(get("/cache?q=layer&offset=100"))
        .contains("chain:020", "chain:001", "101 to 120 of 120")
        .contains("rel=\"prev\" href=\"/cache?q=layer&amp;order=used&amp;offset=50\"")
        .doesNotContain("rel=\"next\"");
    assertThat(get("/cache?q=layer&offset=4000"))
        .contains("There are no more than 120 records.")
        .contains("rel=\"prev\" href=\"/cache?q=layer&amp;order=used&amp;offset=100\"");
  }

  @Test
  void showsWhatTheViewerMaySeeAndNothingElse() throws Exception {
    disks.with(
        "w1",
        record("snap:a", "regular", "result of a step on w1", 1),
        record("snap:b", "regular", "result of a step on w1", 2),
        record("mount:m", "exec.cachemount", "cache mount team-b/go on w1", 4),
        record("chain:c", "regular", "layer of an image on w1", 8));
    fixture
        .with("snap:a", madeBy("team-a", "b1", "[2] RUN make a"))
        .with("snap:b", madeBy("team-b", "b2", "[2] RUN make b"));

    String seen = pages.get("/cache", new Viewer("someone", "team-a"::equals)).body();

    assertThat(seen)
        .contains("1 record, 100 B")
        .contains("RUN make a")
        .doesNotContain("RUN make b", "team-b", "chain:c");
  }

  @Test
  void namesTheWorkersThatDoNotAnswer() throws Exception {
    disks.with("w1", record("chain:a", "regular", "layer of an image on w1", 1)).silent("w2");

    assertThat(get("/cache"))
        .contains("<b>w2</b> did not answer, so what only it holds is missing here: it does not")
        .contains("chain:a");
  }
}
