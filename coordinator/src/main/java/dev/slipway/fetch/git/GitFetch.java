package dev.slipway.fetch.git;

import dev.slipway.error.SlipwayException;
import dev.slipway.fetch.git.GitRefs.Resolved;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Brings one commit into a mirror, with as little else as the server allows. Objects only: names of
 * the remote are not kept, so that none is in the way of a later one. Owner: the thread that uses
 * the mirror.
 */
final class GitFetch {
  private final GitIdentifier id;
  private final Resolved wanted;
  private final GitProgram git;
  private final Path mirror;
  private final String source;

  /**
   * @param git with the client's access
   * @param source address of the remote, or of a repository that has the commit instead
   */
  GitFetch(GitIdentifier id, Resolved wanted, GitProgram git, Path mirror, String source) {
    this.id = id;
    this.wanted = wanted;
    this.git = git.at(mirror).withOptions("--git-dir", mirror.toString());
    this.mirror = mirror;
    this.source = source;
  }

  /** Git in the mirror. */
  GitProgram program() {
    return git;
  }

  /** Makes sure that the commit, or the tag object, is in the mirror, and that it is the one. */
  void run() throws SlipwayException, InterruptedException {
    try {
      if (!Files.exists(mirror.resolve("HEAD"))) {
        create();
      }
      // Left by a command that was ended.
      Files.deleteIfExists(mirror.resolve("shallow.lock"));
    } catch (IOException e) {
      throw GitMirrors.failed(e);
    }
    if (id.asBundle()) {
      whole();
    } else if (!has(wanted.checksum())) {
      fetch();
    }
    if (!has(wanted.checksum())) {
      throw GitIdentifier.invalid(
          "fetched ref "
              + wanted.ref()
              + " does not match expected commit "
              + wanted.checksum()
              + " and commit can not be found in the repository");
    }
    check();
  }

  private void create() throws SlipwayException, InterruptedException {
    List<String> init = new ArrayList<>(List.of("init", "--bare"));
    if (wanted.isSha256()) {
      init.add("--object-format=sha256");
    }
    git.quiet().run(init.toArray(String[]::new));
    git.quiet().run("remote", "add", "origin", id.url().remote());
  }

  /** The name alone, then the commit alone, then everything. */
  private void fetch() throws SlipwayException, InterruptedException {
    boolean named = !GitIdentifier.isCommit(wanted.ref()) && !id.byCommit();
    if (named) {
      shallow(wanted.ref());
      if (has(wanted.checksum())) {
        return;
      }
    }
    try {
      shallow(wanted.checksum());
    } catch (GitFailure e) {
      boolean notByCommit =
          e.says("not our ref") || e.says("unadvertised object") || e.says("dumb http");
      if (!notByCommit) {
        throw e;
      }
      all();
    }
  }

  private void shallow(String what) throws SlipwayException, InterruptedException {
    try {
      git.run("fetch", "--depth=1", "--no-tags", "--", source, what);
    } catch (GitFailure e) {
      if (!e.says("shallow") && !e.says("--depth")) {
        throw e.during("failed to fetch remote " + GitUrl.redacted(id.url().remote()));
      }
      try {
        git.run("fetch", "--no-tags", "--", source, what);
      } catch (GitFailure whole) {
        throw whole.during("failed to fetch remote " + GitUrl.redacted(id.url().remote()));
      }
    }
  }

  private void all() throws SlipwayException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("fetch", "--force", "--tags"));
    if (Files.exists(mirror.resolve("shallow"))) {
      command.add("--unshallow");
    }
    command.addAll(List.of("--", source, "+refs/heads/*:refs/fetched/*"));
    try {
      git.run(command.toArray(String[]::new));
    } catch (GitFailure e) {
      throw e.during("failed to fetch remote " + GitUrl.redacted(id.url().remote()));
    }
  }

  /** With all of its history. */
  private void whole() throws SlipwayException, InterruptedException {
    if (!has(wanted.checksum()) || Files.exists(mirror.resolve("shallow"))) {
      all();
    }
  }

  /** The mirror's directory. */
  Path directory() {
    return mirror;
  }

  private boolean has(String object) throws SlipwayException, InterruptedException {
    return git.succeeds("cat-file", "-e", object + "^{commit}");
  }

  /** The checksum may be that of the object, or of the commit that a tag object means. */
  private void check() throws SlipwayException, InterruptedException {
    if (wanted.checksum().startsWith(id.checksum())) {
      return;
    }
    String commit = commit();
    if (!commit.startsWith(id.checksum())) {
      throw GitRefs.mismatch(id, wanted.checksum() + " or " + commit);
    }
  }

  /** The commit that the wanted object is or means. */
  String commit() throws SlipwayException, InterruptedException {
    return git.quiet().text("rev-parse", wanted.checksum() + "^{commit}");
  }

  /** Bytes of an object. */
  byte[] object(String type, String name) throws SlipwayException, InterruptedException {
    return git.quiet().run("cat-file", type, name);
  }

  /** {@code commit} or {@code tag}. */
  String type() throws SlipwayException, InterruptedException {
    return git.quiet().text("cat-file", "-t", wanted.checksum());
  }
}
