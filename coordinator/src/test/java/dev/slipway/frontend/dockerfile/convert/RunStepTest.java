package dev.slipway.frontend.dockerfile.convert;

import static dev.slipway.frontend.dockerfile.convert.DockerfileFixture.run;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.compatibility.Area;
import dev.slipway.compatibility.Feature;
import dev.slipway.graph.FileAction;
import dev.slipway.graph.LinuxResources;
import dev.slipway.graph.Mount;
import dev.slipway.graph.Op;
import dev.slipway.graph.Vertex;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class RunStepTest {
  private final DockerfileFixture fixture = new DockerfileFixture();

  @Test
  void putsTheShellBeforeACommandLine() throws Exception {
    assertThat(run(fixture.convert("FROM a\nRUN echo $A")).meta().arguments())
        .containsExactly("/bin/sh", "-c", "echo $A");
    assertThat(run(fixture.convert("FROM a\nSHELL [\"bash\", \"-ec\"]\nRUN x")).meta().arguments())
        .containsExactly("bash", "-ec", "x");
  }

  @Test
  void executesTheJsonFormAsItIs() throws Exception {
    assertThat(run(fixture.convert("FROM a\nRUN [\"echo\", \"$A\"]")).meta().arguments())
        .containsExactly("echo", "$A");
  }

  @Test
  void givesAHeredocToTheShell() throws Exception {
    Converted converted = fixture.convert("FROM a\nRUN <<EOF\necho $A\necho 2\nEOF\n");

    assertThat(run(converted).meta().arguments())
        .containsExactly("/bin/sh", "-c", "echo $A\necho 2\n");
    assertThat(DockerfileFixture.result(converted).name())
        .isEqualTo("[2/2] RUN <<EOF (echo $A...)");
  }

  @Test
  @Feature("RUN <<heredoc")
  void givesACommandWithHeredocsToTheShellWhole() throws Exception {
    assertThat(run(fixture.convert("FROM a\nRUN cat <<EOF > /x\na\nEOF\n")).meta().arguments())
        .containsExactly("/bin/sh", "-c", "cat <<EOF > /x\na\nEOF");
  }

  @Test
  @Feature("RUN <<heredoc with #!")
  void executesAHeredocWithAShebangAsAFile() throws Exception {
    Converted converted =
        fixture.convert("FROM a\nRUN <<EOF\n#!/usr/bin/env python3\nprint(1)\nEOF\n");

    Op.Exec run = run(converted);
    assertThat(run.meta().arguments()).containsExactly("/bin/sh", "-c", "/dev/pipes/EOF");
    Mount mount = run.mounts().get(1);
    assertThat(mount).isEqualTo(new Mount(1, "", "/dev/pipes", -1, true, new Mount.Kind.Bind()));
    Vertex script =
        converted.definition().vertex(DockerfileFixture.result(converted).inputs().get(1).vertex());
    assertThat(
            ((FileAction.Change.MakeFile) ((Op.File) script.op()).actions().getFirst().change())
                .mode())
        .isEqualTo(0755);
  }

  @Test
  void seesArgumentsAndTheLastOneSetWins() throws Exception {
    fixture
        .buildArgument("GIVEN", "g")
        .buildArgument("UNDECLARED", "u")
        .buildArgument("HTTP_PROXY", "p");

    Converted converted =
        fixture.convert(
            "ARG OUTER=o\nFROM a\nENV X=env\nARG X=arg\nARG GIVEN\nARG OUTER\nARG UNSET\nARG TARGETOS=mine\nRUN a");

    assertThat(run(converted).meta().environment())
        .containsExactly("PATH=/bin", "X=arg", "GIVEN=g", "OUTER=o", "TARGETOS=mine");
    assertThat(run(converted).meta().proxyEnvironment())
        .containsExactly("HTTP_PROXY=p", "http_proxy=p");
    assertThat(DockerfileFixture.config(converted).history().getLast().createdBy())
        .isEqualTo("RUN |5 X=arg GIVEN=g OUTER=o UNSET= TARGETOS=mine /bin/sh -c a # buildkit");
    assertThat(DockerfileFixture.config(converted).json().path("config").path("Env").toString())
        .isEqualTo("[\"PATH=/bin\",\"X=env\"]");
  }

  @Test
  void namesTheArgumentsOfParentStagesInHistoryEachWhereItCameFirst() throws Exception {
    Converted converted =
        fixture.convert("FROM a AS p\nARG P=1\nFROM p\nARG A=2\nARG B=3\nARG A=4\nRUN x");

    assertThat(run(converted).meta().environment()).contains("P=1", "A=4", "B=3");
    assertThat(DockerfileFixture.config(converted).history().getLast().createdBy())
        .isEqualTo("RUN |3 P=1 A=4 B=3 /bin/sh -c x # buildkit");
  }

  @Test
  @Feature({"RUN --mount=type=bind", "RUN --mount=type=tmpfs"})
  void mountsStagesImagesTheContextAndMemory() throws Exception {
    Op.Exec run =
        run(
            fixture.convert(
                """
                FROM a AS s
                FROM b
                WORKDIR /w
                ARG D=/data
                RUN --mount=from=s,source=/x,target=rel --mount=type=bind,target=$D,rw --mount=type=tmpfs,target=/t,size=1m cmd
                """));

    assertThat(run.mounts())
        .containsExactly(
            new Mount(0, "", "/", 0, false, new Mount.Kind.Bind()),
            new Mount(2, "", "/data", -1, false, new Mount.Kind.Bind()),
            new Mount(-1, "", "/t", -1, false, new Mount.Kind.Tmpfs(1 << 20)),
            new Mount(1, "/x", "/w/rel", -1, true, new Mount.Kind.Bind()));
  }

  @Test
  void namesACacheMountByItsIdOrItsTarget() throws Exception {
    Op.Exec run =
        run(
            fixture.convert(
                """
                FROM a
                WORKDIR /w
                ARG ID=go
                RUN --mount=type=cache,target=/root/../root/.cache --mount=type=cache,id=$ID,dst=rel,sharing=locked,ro x
                """));

    assertThat(run.mounts().subList(1, 3))
        .containsExactly(
            new Mount(
                -1, "", "/root/.cache", -1, false, cache("//root/.cache", Mount.Sharing.SHARED)),
            new Mount(-1, "", "/w/rel", -1, true, cache("/go", Mount.Sharing.LOCKED)));
  }

  @Test
  @Feature(value = "BUILDKIT_CACHE_MOUNT_NS", area = Area.CONTEXT)
  void putsTheNamespaceBeforeTheIdOfACacheMount() throws Exception {
    fixture.buildArgument("BUILDKIT_CACHE_MOUNT_NS", "team");

    Op.Exec run =
        run(fixture.convert("FROM a\nRUN --mount=type=cache,target=/c,sharing=private x"));

    assertThat(run.mounts().get(1).kind()).isEqualTo(cache("team//c", Mount.Sharing.PRIVATE));
  }

  @Test
  void beginsACacheMountWithADirectoryOfTheWishedOwnerAndMode() throws Exception {
    Converted converted =
        fixture.convert("FROM a\nRUN --mount=type=cache,target=/c,uid=7,gid=8,mode=0700 x");

    Mount mount = run(converted).mounts().get(1);
    assertThat(mount.input()).isEqualTo(1);
    assertThat(mount.selector()).isEqualTo("/cache");
    Vertex root =
        converted.definition().vertex(DockerfileFixture.result(converted).inputs().get(1).vertex());
    assertThat(root.name()).isEqualTo("[internal] setting cache mount permissions");
    FileAction action = ((Op.File) root.op()).actions().getFirst();
    assertThat(action.input()).isEqualTo(-1);
    assertThat(action.change())
        .isEqualTo(
            new FileAction.Change.MakeDirectory(
                "/cache",
                0700,
                false,
                Optional.of(
                    new FileAction.Owner(
                        Optional.of(new FileAction.Identity.ById(7)),
                        Optional.of(new FileAction.Identity.ById(8)))),
                FileAction.NO_TIMESTAMP));
  }

  @Test
  @Feature("RUN --mount=type=cache,from=")
  void beginsACacheMountWithFilesOfAStage() throws Exception {
    Op.Exec run =
        run(
            fixture.convert(
                "FROM a AS s\nFROM b\nRUN --mount=type=cache,target=/c,from=s,source=/in/../seed,uid=1 x"));

    assertThat(run.mounts().get(1))
        .isEqualTo(new Mount(1, "/seed", "/c", -1, false, cache("//c", Mount.Sharing.SHARED)));
  }

  private static Mount.Kind cache(String id, Mount.Sharing sharing) {
    return new Mount.Kind.Cache(id, sharing);
  }

  @Test
  @Feature(value = "shm-size, cgroup-parent, memory and cpu limits", area = Area.CONTEXT)
  void givesEveryStepWhatTheClientAskedFor() throws Exception {
    LinuxResources limits = new LinuxResources(1 << 20, 0, 5, 0, 0, "0-1", "");
    fixture.exec(
        new ConvertOptions.Exec(
            List.of(), List.of(), "", Op.Network.NONE, 4096, "/builds", Optional.of(limits)));

    Converted converted = fixture.convert("FROM a\nRUN x");

    Op.Exec run = run(converted);
    assertThat(run.mounts())
        .contains(new Mount(-1, "", "/dev/shm", -1, false, new Mount.Kind.Tmpfs(4096)));
    assertThat(run.meta().cgroupParent()).isEqualTo("/builds");
    assertThat(run.network()).isEqualTo(Op.Network.NONE);
    assertThat(DockerfileFixture.result(converted).metadata().resources()).contains(limits);
  }

  @Test
  @Feature("RUN --device, RUN --security")
  void asksForDevicesAndRights() throws Exception {
    Op.Exec run =
        run(
            fixture.convert(
                "FROM a\nRUN --device=v.org/c=d,required --device=e --security=insecure x"));

    assertThat(run.devices())
        .containsExactly(new Op.Device("v.org/c=d", false), new Op.Device("e", true));
    assertThat(run.insecure()).isTrue();
  }

  @Test
  void givesWindowsNeitherAPathNorAUnixShell() throws Exception {
    fixture.image(
        "docker.io/library/win:latest",
        "{\"architecture\":\"amd64\",\"os\":\"windows\",\"config\":{}}");

    Converted converted = fixture.convert("FROM win\nRUN dir");

    assertThat(run(converted).meta().arguments()).containsExactly("cmd", "/S", "/C", "dir");
    assertThat(run(converted).meta().environment()).isEmpty();
  }

  @Test
  void refusesTwoMountsInOnePlace() {
    assertThatThrownBy(
            () -> fixture.convert("FROM a\nRUN --mount=target=/a --mount=type=tmpfs,target=/a/ x"))
        .hasMessageContaining("duplicate mount");
  }

  @Test
  @Feature("RUN --network=none|host|default")
  void choosesTheNetwork() throws Exception {
    assertThat(run(fixture.convert("FROM a\nRUN --network=none x")).network())
        .isEqualTo(Op.Network.NONE);
    assertThat(run(fixture.convert("FROM a\nRUN --network=host x")).network())
        .isEqualTo(Op.Network.HOST);
    assertThat(run(fixture.convert("FROM a\nRUN x")).network()).isEqualTo(Op.Network.SANDBOX);
  }

  @Test
  void showsVariablesThatAreSet() throws Exception {
    assertThat(
            DockerfileFixture.result(fixture.convert("FROM a\nENV A=1\nrun echo \"$A\" $UNSET"))
                .name())
        .isEqualTo("[2/2] RUN echo \"1\" $UNSET");
  }
}
