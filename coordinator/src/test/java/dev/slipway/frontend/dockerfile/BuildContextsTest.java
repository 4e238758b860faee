package dev.slipway.frontend.dockerfile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.compatibility.Area;
import dev.slipway.compatibility.Feature;
import dev.slipway.error.SlipwayException;
import dev.slipway.frontend.FrontendBridge.ResolvedImage;
import dev.slipway.frontend.FrontendBridge.SourceDescription;
import dev.slipway.frontend.FrontendResult;
import dev.slipway.graph.Definition;
import dev.slipway.graph.FileAction;
import dev.slipway.graph.Op;
import dev.slipway.graph.Vertex;
import dev.slipway.oci.Digest;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Where a Dockerfile and what it copies come from. */
class BuildContextsTest {
  private static final String COMMIT =
      "tree 1\nauthor A <a@b> 5 +0000\ncommitter C <c@d> 1700000000 +0100\n\nmessage\n";

  private final FileBridge bridge = new FileBridge("FROM scratch\nCOPY a /\n");

  @Test
  @Feature(value = "context=git repository", area = Area.CONTEXT)
  void readsAllOfARepository() throws Exception {
    Definition definition =
        build(
            Map.of(
                "context",
                "https://host/x.git#main:dir",
                "build-arg:BUILDKIT_CONTEXT_KEEP_GIT_DIR",
                "1",
                "build-arg:SOURCE_DATE_EPOCH",
                "1"));

    assertThat(bridge.solved)
        .containsExactly("[internal] load git source https://host/x.git#main:dir");
    Op.Source source = sources(definition).getFirst();
    assertThat(source.identifier()).isEqualTo("git://host/x.git#main:dir");
    assertThat(source.attributes())
        .containsEntry("git.keepgitdir", "true")
        .containsEntry("git.mtime", "commit");
  }

  @Test
  @Feature(value = "context=git repository, Dockerfile of the client", area = Area.CONTEXT)
  void takesTheClientsDockerfileForARepositoryWhenAsked() throws Exception {
    build(Map.of("context", "git://host/x", "dockerfilekey", "mine"));

    assertThat(bridge.solved).containsExactly("[internal] load build definition from Dockerfile");
  }

  @Test
  @Feature(value = "context=http, an archive", area = Area.CONTEXT)
  void unpacksAnArchiveFromTheWeb() throws Exception {
    bridge.with("context", "BZh9 and so on");

    Definition definition =
        build(Map.of("context", "http://host/a.tar.bz2", "contextsubdir", "sub"));

    assertThat(sources(definition))
        .containsExactly(
            new Op.Source("http://host/a.tar.bz2", Map.of("http.filename", "context")));
    assertThat(copies(definition))
        .extracting(FileAction.Change.Copy::source)
        .containsExactly("/context", "sub", "/a");
    assertThat(copies(definition).getFirst().options().unpackArchives()).isTrue();
  }

  @Test
  @Feature(value = "context=http, a Dockerfile", area = Area.CONTEXT)
  void takesAnythingElseFromTheWebForADockerfile() throws Exception {
    bridge.with("context", "FROM scratch\nCOPY context /\n").with("Dockerfile", "no Dockerfile");

    Definition definition = build(Map.of("context", "http://buildkit-session/1"));

    assertThat(copies(definition))
        .extracting(FileAction.Change.Copy::source)
        .containsExactly("/context");
    assertThat(definition.sources().files().getFirst().filename()).isEqualTo("context");
  }

  @Test
  @Feature(value = "inputs of a frontend", area = Area.CONTEXT)
  void readsTheGraphsThatCameWithTheRequest() throws Exception {
    Definition given = SingleVertex.source(new Op.Source("http://host/given", Map.of()), "given");
    bridge.inputs.put("dockerfile", given);
    bridge.inputs.put("context", given);

    Definition definition = build(Map.of());

    assertThat(bridge.solved).containsExactly("given");
    assertThat(sources(definition)).containsExactly(new Op.Source("http://host/given", Map.of()));
  }

  @Test
  @Feature(value = "context:name=oci-layout://", area = Area.CONTEXT)
  void readsAnImageOfTheClientsStore() throws Exception {
    bridge.with("Dockerfile", "FROM base\nRUN x\n");
    String digest = Digest.ofText("x").value();
    bridge.description =
        new SourceDescription(
            Optional.of(
                new ResolvedImage(
                    "base",
                    new Digest(digest),
                    "{\"os\":\"linux\",\"architecture\":\"amd64\",\"config\":{}}"
                        .getBytes(StandardCharsets.UTF_8))),
            Optional.empty(),
            Optional.empty());

    Definition definition = build(Map.of("context:base", "oci-layout://store:tag@" + digest));

    assertThat(sources(definition))
        .containsExactly(
            new Op.Source(
                "oci-layout://docker.io/library/base@" + digest,
                Map.of("oci.session", "session", "oci.store", "store")));
  }

  @Test
  void readsTheIgnoreFileOfANamedDirectory() throws Exception {
    bridge.with("Dockerfile", "FROM scratch\nCOPY --from=src a /\n").with(".dockerignore", "b\n");

    Definition definition =
        build(Map.of("context:src", "local:dir", "local-sessionid:dir", "other"));

    assertThat(bridge.solved).contains("[context src] load .dockerignore");
    assertThat(sources(definition).getFirst().attributes())
        .containsEntry("local.session", "other")
        .containsEntry("local.excludepatterns", "[\"b\"]")
        .containsEntry("local.followpaths", "[\"a\"]");
  }

  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          nothing              | invalid context specifier nothing for base
          s3://bucket          | unsupported context source s3 for base
          input:gone           | invalid input gone for base
          oci-layout://store   | oci-layout reference "store" has no digest
          git://host/x?foo=bar | unexpected query "foo"
          """)
  void saysWhatIsNoContext(String value, String message) {
    bridge.with("Dockerfile", "FROM base\n");

    assertThatThrownBy(() -> build(Map.of("context:base", value)))
        .isInstanceOf(SlipwayException.class)
        .hasMessage(message);
  }

  @Test
  @Feature(value = "SOURCE_DATE_EPOCH=context", area = Area.CONTEXT)
  void takesTheDateOfTheCommit() throws Exception {
    bridge.description =
        new SourceDescription(
            Optional.empty(),
            Optional.of(COMMIT.getBytes(StandardCharsets.UTF_8)),
            Optional.empty());

    FrontendResult result =
        bridge.solve(Map.of("context", "git://host/x", "build-arg:SOURCE_DATE_EPOCH", "context"));

    assertThat(epoch(result)).contains("1700000000");
  }

  @Test
  @Feature(value = "SOURCE_DATE_EPOCH=stage", area = Area.CONTEXT)
  void takesTheDateOfWhatAStageFetches() throws Exception {
    bridge.with(
        "Dockerfile",
        "ARG SOURCE_DATE_EPOCH=dated\nFROM scratch AS dated\nARG V=1\nADD http://host/$V /\nFROM scratch\nWORKDIR /w\n");
    bridge.description =
        new SourceDescription(
            Optional.empty(), Optional.empty(), Optional.of(Instant.ofEpochSecond(77)));

    assertThat(epoch(bridge.solve(Map.of()))).contains("77");
  }

  @Test
  void leavesTheDateOpenWhereNothingHasOne() throws Exception {
    assertThat(epoch(bridge.solve(Map.of("build-arg:SOURCE_DATE_EPOCH", "context")))).isEmpty();
    assertThatThrownBy(() -> bridge.solve(Map.of("build-arg:SOURCE_DATE_EPOCH", "not-a-timestamp")))
        .hasMessage("invalid SOURCE_DATE_EPOCH: not-a-timestamp");
    bridge.with("Dockerfile", "FROM alpine AS dated\nFROM scratch\nWORKDIR /w\n");
    assertThatThrownBy(() -> bridge.solve(Map.of("build-arg:SOURCE_DATE_EPOCH", "dated")))
        .hasMessage("SOURCE_DATE_EPOCH stage must use FROM scratch");
  }

  private static Optional<String> epoch(FrontendResult result) {
    return Optional.ofNullable(result.metadata().get("source.date.epoch"))
        .map(bytes -> new String(bytes, StandardCharsets.UTF_8));
  }

  private Definition build(Map<String, String> options) throws Exception {
    return bridge.solve(options).single().orElseThrow();
  }

  private static List<Op.Source> sources(Definition definition) {
    return definition.vertices().values().stream()
        .map(Vertex::op)
        .filter(Op.Source.class::isInstance)
        .map(Op.Source.class::cast)
        .toList();
  }

  private static List<FileAction.Change.Copy> copies(Definition definition) {
    return definition.vertices().values().stream()
        .map(Vertex::op)
        .filter(Op.File.class::isInstance)
        .map(op -> (FileAction.Change.Copy) ((Op.File) op).actions().getFirst().change())
        .toList();
  }
}
