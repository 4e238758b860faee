package dev.slipway.solve;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.context.ContextTree.PathSelector;
import dev.slipway.graph.Edge;
import dev.slipway.graph.ExecMeta;
import dev.slipway.graph.FileAction;
import dev.slipway.graph.FileAction.Change;
import dev.slipway.graph.FileAction.Identity;
import dev.slipway.graph.FileAction.Owner;
import dev.slipway.graph.Mount;
import dev.slipway.graph.Op;
import dev.slipway.graph.Vertex;
import dev.slipway.graph.VertexMetadata;
import dev.slipway.oci.Digest;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ContentInputsTest {
  private static final Mount ROOT = mount(0, "", "/", 0, false);

  @Test
  void copiesReadWhatTheyNameOfTheirSource() {
    Vertex vertex = file(copy(0, 1, "/bin/app", Optional.empty()));

    assertThat(ContentInputs.of(vertex))
        .isEqualTo(
            Map.of(
                1, List.of(new PathSelector("/bin/app", true, true, List.of("*.so"), List.of()))));
  }

  @Test
  void allCopiesOfAStepFromOneSourceCount() {
    Vertex vertex = file(copy(0, 1, "/a", Optional.empty()), copy(2, 1, "/b", Optional.empty()));

    assertThat(ContentInputs.of(vertex).get(1))
        .extracting(PathSelector::path)
        .containsExactly("/a", "/b");
  }

  @Test
  void whatIsChangedIsReadAsAWhole() {
    Vertex vertex = file(copy(0, 0, "/a", Optional.empty()));

    assertThat(ContentInputs.of(vertex)).isEmpty();
  }

  @Test
  void namesOfOwnersAreReadFromNoPathOfTheCopy() {
    Owner owner = new Owner(Optional.of(new Identity.ByName("app", 1)), Optional.empty());

    assertThat(ContentInputs.of(file(copy(0, 1, "/a", Optional.of(owner))))).isEmpty();
  }

  @Test
  void processesReadTheirMountsBelowTheSelector() {
    Vertex vertex = exec(ROOT, mount(1, "/src", "/mnt", -1, true));

    assertThat(ContentInputs.of(vertex))
        .isEqualTo(Map.of(1, List.of(new PathSelector("/src", false, true, List.of(), List.of()))));
  }

  @Test
  void rootFilesystemAndKeptMountsAreReadAsAWhole() {
    assertThat(ContentInputs.of(exec(ROOT, mount(0, "/src", "/mnt", -1, true)))).isEmpty();
    assertThat(ContentInputs.of(exec(ROOT, mount(1, "/src", "/mnt", 1, false)))).isEmpty();
  }

  @Test
  void mountThatFillsACacheIsReadAsAWhole() {
    Mount cache =
        new Mount(1, "/src", "/cache", -1, false, new Mount.Kind.Cache("c", Mount.Sharing.SHARED));

    assertThat(ContentInputs.of(exec(ROOT, cache))).isEmpty();
  }

  @Test
  void everythingIsEverythingHoweverItIsWritten() {
    assertThat(Stream.of("", "/", ".", "/.", "./"))
        .allMatch(path ->
            ContentInputs.isEverything(
                List.of(new PathSelector(path, false, true, List.of(), List.of()))));
    assertThat(
            ContentInputs.isEverything(
                List.of(new PathSelector("/", false, true, List.of("*.so"), List.of()))))
        .isFalse();
  }

  private static FileAction copy(int input, int source, String path, Optional<Owner> owner) {
    var options =
        new FileAction.CopyOptions(
            true, true, false, true, true, false, false, List.of("*.so"), List.of(), List.of());
    return new FileAction(
        input,
        source,
        0,
        new Change.Copy(
            path, "/", owner, OptionalInt.empty(), "", options, FileAction.NO_TIMESTAMP));
  }

  private static Mount mount(
      int input, String selector, String destination, int output, boolean readOnly) {
    return new Mount(input, selector, destination, output, readOnly, new Mount.Kind.Bind());
  }

  private static Vertex file(FileAction... actions) {
    return vertex(new Op.File(List.of(actions)));
  }

  private static Vertex exec(Mount... mounts) {
    ExecMeta meta =
        new ExecMeta(
            List.of("true"), List.of(), "/", "", "", List.of(), List.of(), List.of(), List.of());
    return vertex(new Op.Exec(meta, List.of(mounts), Op.Network.SANDBOX, false, List.of()));
  }

  private static Vertex vertex(Op op) {
    return new Vertex(
        Digest.ofText("v"),
        new byte[0],
        op,
        List.of(new Edge(Digest.ofText("a"), 0), new Edge(Digest.ofText("b"), 0)),
        Optional.empty(),
        new VertexMetadata(false, Map.of(), Optional.empty(), Map.of()));
  }
}
