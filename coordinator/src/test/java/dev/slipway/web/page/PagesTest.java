package dev.slipway.web.page;

import static dev.slipway.web.page.Builds.build;
import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.fleet.Fleet;
import dev.slipway.history.BuildCard;
import dev.slipway.progress.BuildSummary.State;
import dev.slipway.web.access.Viewer;
import java.lang.reflect.Proxy;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PagesTest {
  private static final String HOSTILE = "<script>alert('\"&x')</script>";

  private final PageFixture fixture = new PageFixture(noWorkers());
  private final ServedPages pages = new ServedPages(fixture);

  @AfterEach
  void stop() throws Exception {
    pages.close();
  }

  private static Fleet noWorkers() {
    return (Fleet)
        Proxy.newProxyInstance(
            PagesTest.class.getClassLoader(),
            new Class<?>[] {Fleet.class},
            (_, method, _) -> {
              if (method.getName().equals("workers")) {
                return List.of();
              }
              throw new AssertionError(method);
            });
  }

  private HttpResponse<String> get(String path) throws Exception {
    return pages.get(path, Viewer.OF_EVERYTHING);
  }

  private HttpResponse<String> get(String path, Viewer viewer) throws Exception {
    return pages.get(path, viewer);
  }

  @Test
  void whatClientsWroteIsTextOnEveryPage() throws Exception {
    fixture.with(
        build("b1")
            .named(HOSTILE)
            .of("team-a")
            .ran("[" + HOSTILE + " 1/1] " + HOSTILE, HOSTILE, 0, 1, 2)
            .has(Builds.vertex("other", Builds.vertex(HOSTILE).digest()))
            .says("[" + HOSTILE + " 1/1] " + HOSTILE, HOSTILE + "\n")
            .failedAt(HOSTILE, HOSTILE + "\n", 1, HOSTILE)
            .ended(3));

    for (String path :
        List.of(
            "/builds",
            "/builds/b1",
            "/builds/b1/log",
            "/builds/b1/graph",
            "/builds/b1/log?q=alert",
            "/builds?q=%3Cscript%3E",
            "/builds/%3Cscript%3E")) {
      assertThat(get(path).body()).as(path).doesNotContain("<script>alert").contains("&lt;script");
    }
  }

  @Test
  void pagesRunNothingButTheirOwnScript() throws Exception {
    HttpResponse<String> page = get("/builds");

    assertThat(page.headers().firstValue("content-security-policy").orElseThrow())
        .startsWith("default-src 'none'; script-src 'self'; style-src 'self'")
        .doesNotContain("unsafe");
    assertThat(page.body()).doesNotContain(" style=").doesNotContain(" onclick=");
  }

  @Test
  void anotherTenantsBuildIsNotThere() throws Exception {
    fixture.with(build("b1").named("secret-app").of("team-a").says("x", "y").ended(1));
    Viewer other = new Viewer("someone", "team-b"::equals);

    assertThat(get("/builds", other).body()).doesNotContain("secret-app").doesNotContain("team-a");
    for (String path : List.of("", "/log", "/graph", "/log.txt", "/log/events")) {
      assertThat(get("/builds/b1" + path, other).statusCode()).as(path).isEqualTo(404);
    }
  }

  @Test
  void theBuildOfACoordinatorThatLeftIsRemembered() throws Exception {
    fixture.with(
        new BuildCard(
            "b9",
            "Dockerfile",
            "default",
            State.RUNNING,
            Builds.START,
            Optional.empty(),
            "",
            3,
            1,
            "coordinator-9",
            "127.0.0.1:9999"));

    assertThat(get("/builds").body()).contains("its coordinator 127.0.0.1:9999 left the farm");
    assertThat(get("/builds/b9").body())
        .contains("which has left the farm")
        .contains("start it again");
  }

  @Test
  void aBuildThatEndedSaysTheLineOfTheDockerfile() throws Exception {
    fixture.with(
        build("b1")
            .failedAt("Dockerfile", "FROM busybox\nRUN true\nRUN false\n", 3, "exit code: 1")
            .ended(1));

    assertThat(get("/builds/b1").body())
        .contains("<span class=\"line blamed\"><span class=\"no\">› 3</span> RUN false</span>");
  }

  @Test
  void theLogIsFoundByWordAndComesAsText() throws Exception {
    fixture.with(
        build("b1")
            .ran("RUN make", "worker-1", 0, 0, 2)
            .says("RUN make", "one\n\u001b[31mtwo\u001b[0m\nthree\n")
            .ended(3));

    assertThat(get("/builds/b1/log?q=TWO").body())
        .contains("1 line with")
        .contains("<span class=\"f1\"><mark>two</mark></span>")
        .doesNotContain("three");
    HttpResponse<String> text = get("/builds/b1/log.txt");
    assertThat(text.headers().firstValue("content-type")).contains("text/plain; charset=utf-8");
    assertThat(text.body()).isEqualTo("#1 RUN make\n#1 1.000 one\n#1 1.000 two\n#1 1.000 three\n");
  }

  @Test
  void anOpenPageOfAnEndedBuildIsToldThatNothingComes() throws Exception {
    fixture.with(build("b1").ended(3));

    HttpResponse<String> events = get("/builds/b1/events");

    assertThat(events.headers().firstValue("content-type").orElseThrow())
        .startsWith("text/event-stream");
    assertThat(events.body()).contains("event: show\ndata: ").endsWith("event: over\ndata: \n\n");
  }

  @Test
  void whoWasThereBeforeGetsOnlyTheNewLines() throws Exception {
    fixture.with(
        build("b1").ran("RUN make", "worker-1", 0, 0, 2).says("RUN make", "one\ntwo\n").ended(3));

    assertThat(get("/builds/b1/log/events?after=1").body())
        .contains("event: append\nid: 2\n")
        .contains("<span>two</span>")
        .doesNotContain("<span>one</span>");
  }
}
