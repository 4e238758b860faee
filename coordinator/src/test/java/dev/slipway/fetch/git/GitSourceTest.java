package dev.slipway.fetch.git;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.SimpleFileServer;
import dev.slipway.config.EgressSettings;
import dev.slipway.context.ContextStore;
import dev.slipway.context.ContextTree;
import dev.slipway.context.ContextTree.Entry;
import dev.slipway.context.FileMode;
import dev.slipway.fetch.FetchedTrees;
import dev.slipway.fetch.FetchingClient;
import dev.slipway.fetch.Reach;
import dev.slipway.fetch.SourceFacts;
import dev.slipway.fetch.blob.Blobs;
import dev.slipway.graph.Op;
import dev.slipway.registry.RegistryClient;
import dev.slipway.registry.RegistryHosts;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/**
 * Of a repository behind a plain file server: git's protocol without a program at the other end.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class GitSourceTest {
  @TempDir static Path root;
  private HttpServer server;
  private RegistryClient registries;
  private GitSource source;
  private final FetchingClient client = new FetchingClient();
  private int builds;

  @BeforeAll
  void serve() throws Exception {
    shell(
        root,
        """
        mkdir -p served module repository; cd module; git init -q; echo inner > inner; git add .
        git commit -qm module; publish module
        cd ../repository; git init -q
        echo one > file; mkdir sub; echo deep > sub/deep; ln -s file link
        echo '#!/bin/sh' > run; chmod 755 run; chmod 600 file
        git add .; git commit -qm one; git tag light; git tag -a -m tagged v1
        git branch old
        echo two > file; git commit -qam two
        """);
    server =
        SimpleFileServer.createFileServer(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
            root.resolve("served").toAbsolutePath(),
            SimpleFileServer.OutputLevel.NONE);
    server.start();
    shell(
        root.resolve("repository"),
        """
        git checkout -q -b with-module
        git submodule --quiet add %s module; git commit -qm module
        git checkout -q master; publish repository
        """
            .formatted(url("module")));
  }

  @BeforeEach
  void open() throws IOException {
    registries = new RegistryClient(RegistryHosts.DEFAULT);
    source = source(EgressSettings.DEFAULT);
  }

  private GitSource source(EgressSettings egress) throws IOException {
    Path own = root.resolve("own-" + ++builds);
    return new GitSource(
        own.resolve("git"),
        new FetchedTrees(new ContextStore(own.resolve("store"), Clock.systemUTC())),
        new Blobs(registries),
        new Reach(egress));
  }

  @AfterAll
  void stop() {
    registries.close();
    server.stop(0);
  }

  private String url(String repository) {
    return "http://127.0.0.1:" + server.getAddress().getPort() + "/" + repository + ".git";
  }

  private ContextTree tree(String fragment, String... attributes) throws Exception {
    return source.tree(op(fragment, attributes), client.build("build-" + ++builds));
  }

  private Op.Source op(String fragment, String... attributes) {
    Map<String, String> all = new HashMap<>(Map.of("git.fullurl", url("repository")));
    for (int i = 0; i < attributes.length; i += 2) {
      all.put(attributes[i], attributes[i + 1]);
    }
    return new Op.Source(url("repository").replace("http://", "git://") + fragment, all);
  }

  /**
   * Runs lines of shell, with {@code publish} to make a repository one that a file server serves.
   */
  private static String shell(Path directory, String script) throws Exception {
    String functions =
        """
        export GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null
        export GIT_AUTHOR_DATE='2025-01-02T03:04:05Z' GIT_COMMITTER_DATE='2025-01-02T03:04:05Z'
        git() { command git -c user.name=t -c user.email=t@t -c init.defaultBranch=master "$@"; }
        publish() { git clone -q --bare . "../served/$1.git"; git -C "../served/$1.git" update-server-info; }
        """;
    Process process =
        new ProcessBuilder("/bin/sh", "-ec", functions + script)
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
    return output.strip();
  }

  private String commit(String name) throws Exception {
    return shell(root.resolve("served/repository.git"), "git rev-parse " + name);
  }

  private static String text(ContextTree tree, String path) throws Exception {
    return new String(tree.readFile(path), StandardCharsets.UTF_8).strip();
  }

  @Test
  void withoutARefTheDefaultBranchIsTaken() throws Exception {
    assertThat(text(tree("#master"), "file")).isEqualTo("two");
  }

  @Test
  void filesAreRootsAndHaveGitsModes() throws Exception {
    Map<String, Entry> entries = new HashMap<>();
    tree("#master").entries().forEach(entry -> entries.put(entry.path(), entry));

    assertThat(entries).containsOnlyKeys("file", "link", "run", "sub", "sub/deep");
    assertThat(entries.get("file").mode()).isEqualTo(0644);
    assertThat(entries.get("run").mode()).isEqualTo(0755);
    assertThat(entries.get("sub").mode()).isEqualTo(FileMode.DIRECTORY | 0755);
    assertThat(entries.get("link").linkName()).isEqualTo("file");
    assertThat(entries.values()).allMatch(entry -> entry.uid() == 0 && entry.gid() == 0);
  }

  @Test
  void branchesTagsAndCommitsAreRefs() throws Exception {
    assertThat(text(tree("#old"), "file")).isEqualTo("one");
    assertThat(text(tree("#light"), "file")).isEqualTo("one");
    assertThat(text(tree("#v1"), "file")).isEqualTo("one");
    assertThat(text(tree("#refs/tags/v1"), "file")).isEqualTo("one");
    assertThat(text(tree("#" + commit("old")), "file")).isEqualTo("one");
  }

  @Test
  void aDirectoryCanBeTheWhole() throws Exception {
    assertThat(tree("#master:sub").entries()).extracting(Entry::path).containsExactly("deep");
  }

  @Test
  void aDirectoryBehindALinkIsNone() {
    assertThatThrownBy(() -> tree("#master:link"))
        .hasMessageContaining("contains non-directory \"link\"");
  }

  @Test
  void theRepositoryItselfCanBeKept() throws Exception {
    ContextTree tree = tree("#v1", "git.keepgitdir", "true");

    assertThat(text(tree, ".git/HEAD")).isEqualTo(commit("old"));
    assertThat(tree.stat(".git/config")).isPresent();
    assertThat(text(tree, ".git/config")).contains(url("repository")).doesNotContain("file://");
  }

  @Test
  void theSameCommitIsTheSameTree() throws Exception {
    ContextTree first = tree("#v1", "git.keepgitdir", "true");

    ContextTree second =
        tree("#v1", "git.keepgitdir", "true", "git.checksum", commit("refs/tags/v1"));

    assertThat(second.layerDigest()).isEqualTo(first.layerDigest());
  }

  @Test
  void theChecksumIsOfTheTagOrOfItsCommit() throws Exception {
    assertThat(text(tree("#v1", "git.checksum", commit("v1^{}")), "file")).isEqualTo("one");
    assertThat(text(tree("#v1", "git.checksum", commit("v1").substring(0, 9)), "file"))
        .isEqualTo("one");
  }

  @Test
  void anotherCommitThanThePinnedOneIsRefused() throws Exception {
    String wanted = commit("old");

    assertThatThrownBy(() -> tree("#master", "git.checksum", wanted))
        .hasMessage("expected checksum to match " + wanted + ", got " + commit("master"));
  }

  @Test
  void anUnknownRefIsToldWithWhatTheRemoteHas() {
    assertThatThrownBy(() -> tree("#nowhere"))
        .hasMessage("repository does not contain ref nowhere, output: \"\"");
  }

  @Test
  void filesMayHaveTheCommitsTime() throws Exception {
    assertThat(tree("#old", "git.mtime", "commit").stat("file").orElseThrow().modificationTime())
        .isEqualTo(1735787045L * 1_000_000_000L);
  }

  @Test
  void submodulesComeWithoutBeingAskedForAndWithoutTheirGitFiles() throws Exception {
    ContextTree tree = tree("#with-module");

    assertThat(text(tree, "module/inner")).isEqualTo("inner");
    assertThat(tree.stat("module/.git")).isEmpty();
  }

  @Test
  void submodulesCanBeLeftOut() throws Exception {
    assertThat(tree("#with-module", "git.skipsubmodules", "true").stat("module/inner")).isEmpty();
  }

  @Test
  void aBundleHasTheCommitUnderItsName() throws Exception {
    ContextTree tree = tree("#old", "git.checkoutbundle", "true");

    Path bundle = root.resolve("bundle-" + builds);
    java.nio.file.Files.write(bundle, tree.readFile("bundle"));
    assertThat(shell(root, "git ls-remote " + bundle))
        .isEqualTo(commit("old") + "\trefs/heads/old");
  }

  @Test
  void factsNameTheCommitBehindATag() throws Exception {
    SourceFacts.Git facts =
        (SourceFacts.Git)
            source.facts(op("#v1"), SourceFacts.Wanted.ORDINARY, client.build("build-" + ++builds));

    assertThat(facts.ref()).isEqualTo("refs/tags/v1");
    assertThat(facts.checksum()).isEqualTo(commit("v1"));
    assertThat(facts.commitChecksum()).isEqualTo(commit("v1^{}"));
  }

  @Test
  void objectsAreGivenWhenTheyAreAskedFor() throws Exception {
    SourceFacts.Git facts =
        (SourceFacts.Git)
            source.facts(
                op("#v1"),
                new SourceFacts.Wanted(true, java.util.Optional.empty()),
                client.build("build-" + ++builds));

    assertThat(new String(facts.tagObject(), StandardCharsets.UTF_8)).contains("tag v1");
    assertThat(new String(facts.commitObject(), StandardCharsets.UTF_8)).endsWith("\n\none\n");
  }

  @Test
  void aTokenIsShownToTheServerAndToNobodyElse() throws Exception {
    client.secrets.put("GIT_AUTH_TOKEN.127.0.0.1:" + server.getAddress().getPort(), "very-secret");

    ContextTree tree =
        tree("#old", "git.authtokensecret", "GIT_AUTH_TOKEN", "git.keepgitdir", "true");

    assertThat(text(tree, ".git/config")).doesNotContain("very-secret", "dmVyeS1zZWNyZXQ");
  }

  @Test
  void anAgentThatTheClientDoesNotForwardIsTold() {
    assertThatThrownBy(() -> tree("#master", "git.mountsshsock", "default"))
        .hasMessage("no SSH key \"default\" forwarded from the client");
  }

  @Test
  void rulesForBuildsHoldForFetches() throws Exception {
    source = source(new EgressSettings(List.of(), List.of("127.0.0.0/8")));

    assertThatThrownBy(() -> tree("#master")).hasMessageContaining("barred for builds");
  }
}
