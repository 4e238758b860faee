package dev.slipway.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.slipway.compatibility.Area;
import dev.slipway.compatibility.Feature;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** What a Dockerfile copies from elsewhere than its context, and contexts by name. */
@OnSharedFarm
class DockerfileContextsE2eTest {
  private final Farm farm = SharedFarm.get();

  @Test
  @Feature(
      value = {"COPY --link", "COPY --parents", "COPY --exclude", "ADD of a URL", "ADD --unpack"})
  void laysCopiesOverEachOther() {
    byte[] tar = new HostileImage().file("inner/file", "from the archive").tar();
    try (Web web = new Web("/x.tar", tar)) {
      BuildDirectory app =
          BuildDirectory.of(
                  """
                  FROM scratch
                  COPY a/one.txt /kept
                  COPY --link a /linked/
                  COPY --parents a/./deep/two.txt a/one.txt /parents/
                  COPY --exclude=*.txt --exclude=deep a /excluded/
                  ADD --link URL/x.tar /downloads/
                  ADD --unpack URL/x.tar /unpacked/
                  """
                      .replace("URL", web.url()))
              .with("a/one.txt", "one")
              .with("a/deep/two.txt", "two")
              .with("a/three.md", "three");

      Path out = export(app);

      assertThat(out.resolve("kept")).hasContent("one");
      assertThat(out.resolve("linked/deep/two.txt")).hasContent("two");
      assertThat(out.resolve("parents/deep/two.txt")).hasContent("two");
      assertThat(out.resolve("parents/a/one.txt")).hasContent("one");
      assertThat(out.resolve("excluded/three.md")).hasContent("three");
      assertThat(out.resolve("excluded/one.txt")).doesNotExist();
      assertThat(out.resolve("downloads/x.tar")).hasBinaryContent(tar);
      assertThat(out.resolve("unpacked/inner/file")).hasContent("from the archive");
    }
  }

  @Test
  @Feature(
      value = {"context:name=local:", "context:name=docker-image://"},
      area = Area.CONTEXT)
  void takesNamedContextsForStagesAndImages() {
    BuildDirectory other = BuildDirectory.of("unused").with("file", "other").with("left.out", "x");
    other.with(".dockerignore", "*.out\n");
    BuildDirectory app =
        BuildDirectory.of(
            """
            FROM gone/away AS base
            RUN false
            FROM base
            RUN busybox true && echo ran > /ran
            FROM scratch
            COPY --from=1 /ran /
            COPY --from=named . /
            """);

    Path out =
        export(
            app,
            "--build-context",
            "named=" + other.path(),
            "--build-context",
            "base=docker-image://busybox");

    assertThat(out.resolve("ran")).hasContent("ran\n");
    assertThat(out.resolve("file")).hasContent("other");
    assertThat(out.resolve("left.out")).doesNotExist();
  }

  private Path export(BuildDirectory app, String... flags) {
    Path out = Workplace.folder("out");
    String[] all = java.util.Arrays.copyOf(flags, flags.length + 2);
    all[flags.length] = "--output";
    all[flags.length + 1] = "type=local,dest=" + out;
    farm.buildx().build(app.path(), all).orThrow();
    return out;
  }

  /** A web server with one file. */
  private static final class Web implements AutoCloseable {
    private final HttpServer server;

    Web(String path, byte[] content) {
      try {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      server.createContext(
          path,
          exchange -> {
            try (exchange) {
              boolean head = exchange.getRequestMethod().equals("HEAD");
              exchange.sendResponseHeaders(200, head ? -1 : content.length);
              if (!head) {
                exchange.getResponseBody().write(content);
              }
            }
          });
      server.start();
    }

    String url() {
      return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    @Override
    public void close() {
      server.stop(0);
    }
  }
}
