package dev.slipway.fetch.git;

import dev.slipway.error.SlipwayException;
import dev.slipway.fetch.Reach;
import dev.slipway.fetch.git.GitRefs.Resolved;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;

/**
 * Writes the files of a commit that a mirror has into an empty directory: with submodules, with or
 * without a {@code .git} of their own. Owner: the thread that uses the mirror.
 */
final class GitCheckout {
  private final GitIdentifier id;
  private final Resolved wanted;
  private final GitFetch fetched;
  private final Path mirror;
  private final Path scratch;
  private final Reach reach;

  /**
   * @param scratch an empty directory, for files that are no part of the result
   */
  GitCheckout(
      GitIdentifier id, Resolved wanted, GitFetch fetched, Path mirror, Path scratch, Reach reach) {
    this.id = id;
    this.wanted = wanted;
    this.fetched = fetched;
    this.mirror = mirror;
    this.scratch = scratch;
    this.reach = reach;
  }

  /** Returns the directory whose files are the source's result. */
  Path run(GitProgram access) throws SlipwayException, InterruptedException {
    try {
      Path work = Files.createDirectory(scratch.resolve("work"));
      boolean keep = id.keepGitDirectory() && id.url().directory().isEmpty();
      GitProgram git = keep ? cloned(access, work) : written(access, work);
      if (id.submodules() && Files.exists(work.resolve(".gitmodules"), LinkOption.NOFOLLOW_LINKS)) {
        submodules(git);
        if (!keep) {
          forgetSubmodules(work);
        }
      }
      return inside(work);
    } catch (IOException e) {
      throw GitMirrors.failed(e);
    }
  }

  /** The commit's own time, in seconds since 1970. */
  long commitSeconds() throws SlipwayException, InterruptedException {
    return Long.parseLong(
        fetched.program().quiet().text("log", "-1", "--format=%ct", fetched.commit()));
  }

  private GitProgram written(GitProgram access, Path work)
      throws SlipwayException, InterruptedException {
    GitProgram git =
        access
            .at(work)
            .withOptions("--work-tree", work.toString(), "--git-dir", mirror.toString())
            .with("GIT_INDEX_FILE", scratch.resolve("index").toString());
    String commit = fetched.commit();
    if (!git.quiet().text("ls-tree", "--name-only", commit).isEmpty()) {
      try {
        git.run("checkout", "--no-overlay", commit, "--", ".");
      } catch (GitFailure e) {
        throw e.during("failed to checkout remote " + GitUrl.redacted(id.url().remote()));
      }
    }
    return git;
  }

  /**
   * A repository of its own with the one commit, under the name that was asked for. It is fetched
   * over the file protocol: the short cuts of local clones have been misused to read files of the
   * machine.
   */
  private GitProgram cloned(GitProgram access, Path work)
      throws SlipwayException, InterruptedException, IOException {
    Path directory = work.resolve(".git");
    GitProgram git =
        access
            .at(work)
            .withOptions("--work-tree", work.toString(), "--git-dir", directory.toString());
    List<String> init = new ArrayList<>(List.of("init", "--template="));
    if (wanted.isSha256()) {
      init.add("--object-format=sha256");
    }
    GitProgram quiet = git.quiet();
    quiet.run(init.toArray(String[]::new));
    String held = "refs/held/" + wanted.checksum();
    fetched.program().quiet().run("update-ref", held, wanted.checksum());
    String name = GitIdentifier.isCommit(wanted.ref()) ? "" : ":" + wanted.ref();
    quiet
        .withFiles()
        .run("fetch", "-u", "--no-tags", "--depth=1", "--", "file://" + mirror, held + name);
    try {
      git.run("checkout", "FETCH_HEAD");
    } catch (GitFailure e) {
      throw e.during("failed to checkout remote " + GitUrl.redacted(id.url().remote()));
    }
    quiet.run("remote", "add", "origin", GitUrl.redacted(id.url().remote()));
    quiet.run("reflog", "expire", "--all", "--expire=now");
    Files.deleteIfExists(directory.resolve("FETCH_HEAD"));
    return git;
  }

  private void submodules(GitProgram git) throws SlipwayException, InterruptedException {
    if (reach.isRestricted()) {
      throw GitIdentifier.invalid(
          "submodules of "
              + GitUrl.redacted(id.url().remote())
              + " are not fetched where [worker.oci.egress] says what builds may reach: git would not keep to it");
    }
    String what = "failed to update submodules for " + GitUrl.redacted(id.url().remote());
    try {
      git.run("submodule", "update", "--init", "--recursive", "--depth=1");
    } catch (GitFailure shallow) {
      if (!shallow.says("shallow")) {
        throw shallow.during(what);
      }
      try {
        git.run("submodule", "update", "--init", "--recursive");
      } catch (GitFailure e) {
        throw e.during(what);
      }
    }
  }

  /** Files that say where the mirror of a submodule is, on this machine. */
  private static void forgetSubmodules(Path work) throws IOException {
    Files.walkFileTree(
        work,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            if (attributes.isRegularFile() && file.getFileName().toString().equals(".git")) {
              Files.delete(file);
            }
            return FileVisitResult.CONTINUE;
          }
        });
  }

  /** The wanted directory; a link on the way could lead anywhere on this machine. */
  private Path inside(Path work) throws SlipwayException {
    Path directory = work;
    if (id.url().directory().isEmpty()) {
      return directory;
    }
    for (Path part : Path.of(id.url().directory())) {
      directory = directory.resolve(part);
      if (!Files.exists(directory, LinkOption.NOFOLLOW_LINKS)) {
        throw GitIdentifier.invalid(
            "invalid subdir " + id.url().directory() + ": no such file or directory");
      }
      if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
        throw GitIdentifier.invalid(
            "invalid subdir "
                + id.url().directory()
                + ": git subpath \""
                + id.url().directory()
                + "\" contains non-directory \""
                + work.relativize(directory)
                + "\"");
      }
    }
    return directory;
  }
}
