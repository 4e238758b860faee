package dev.slipway.web.page;

import static dev.slipway.web.page.Builds.build;
import static dev.slipway.web.page.Builds.vertex;
import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.explain.Explanation;
import dev.slipway.explain.Outcome;
import dev.slipway.explain.Reason;
import dev.slipway.holdings.Disks;
import dev.slipway.web.access.Viewer;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Why a step was not cached, on the page of its build. */
class UncachedTest {
  private final PageFixture fixture = new PageFixture(new Disks().fleet());
  private final ServedPages pages = new ServedPages(fixture);

  @AfterEach
  void stop() {
    pages.close();
  }

  private String page() throws Exception {
    return pages.get("/builds/b2", Viewer.OF_EVERYTHING).body();
  }

  private void explain(String tenant, Reason.Kind kind, String reason) {
    fixture.with(
        new Explanation(
            "b2",
            tenant,
            kind == Reason.Kind.FIRST_BUILD
                ? Optional.empty()
                : Optional.of(new Explanation.Earlier("b1", Builds.START)),
            1,
            List.of(
                new Explanation.Step(
                    vertex("COPY . .").digest().value(),
                    "[2] COPY . .",
                    Outcome.MISSED,
                    "worker-1",
                    new Reason(kind, reason)))));
  }

  @Test
  void aStepSaysWhyItRanAndTheBuildWhatItWasComparedWith() throws Exception {
    fixture
        .with(build("b1").ended(1))
        .with(build("b2").ran("COPY . .", "worker-1", 0, 1, 2).ended(3));
    explain("default", Reason.Kind.FILE, "the file <b>app.js changed");

    assertThat(page())
        .contains(
            "<span class=\"note uncached\">not cached: the file &lt;b&gt;app.js changed</span>")
        .contains("compared with <a href=\"/builds/b1\"><code>b1</code></a>, the build of ");
  }

  @Test
  void theBuildThatItWasComparedWithMayBeForgotten() throws Exception {
    fixture.with(build("b2").ran("COPY . .", "worker-1", 0, 1, 2).ended(3));
    explain("default", Reason.Kind.FILE, "the file app.js changed");

    assertThat(page()).contains("compared with <code>b1</code>, the build of ");
  }

  @Test
  void aFirstBuildHasNothingToSayOfItsSteps() throws Exception {
    fixture.with(build("b2").ran("COPY . .", "worker-1", 0, 1, 2).ended(3));
    explain("default", Reason.Kind.FIRST_BUILD, "no earlier build of this is remembered");

    assertThat(page()).contains("COPY . .").doesNotContain("not cached", "compared with");
  }

  @Test
  void aBuildThatRunsIsNotComparedYet() throws Exception {
    fixture.with(build("b2").runs("COPY . .", "worker-1", 0).running());
    explain("default", Reason.Kind.FILE, "the file app.js changed");

    assertThat(page()).contains("COPY . .").doesNotContain("not cached");
  }

  @Test
  void whatAnotherTenantChangedIsNotTold() throws Exception {
    fixture.with(build("b2").of("team-a").ran("COPY . .", "worker-1", 0, 1, 2).ended(3));
    explain("team-b", Reason.Kind.FILE, "the file app.js changed");

    String seen = pages.get("/builds/b2", new Viewer("someone", "team-a"::equals)).body();

    assertThat(seen).contains("COPY . .").doesNotContain("app.js");
  }
}
