package dev.slipway.fetch.git;

import dev.slipway.context.ContextTree;
import dev.slipway.error.SlipwayException;
import dev.slipway.fetch.FetchedTrees;
import dev.slipway.fetch.FetchedTrees.Slot;
import dev.slipway.fetch.OncePerBuild;
import dev.slipway.fetch.Reach;
import dev.slipway.fetch.RemoteSource;
import dev.slipway.fetch.Requester;
import dev.slipway.fetch.SourceFacts;
import dev.slipway.fetch.blob.Blobs;
import dev.slipway.fetch.git.GitRefs.Resolved;
import dev.slipway.graph.Op;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/** Source {@code git://}: the files of a commit. */
public final class GitSource implements RemoteSource {
  private static final Set<String> SCHEMES = Set.of("git");
  private static final byte[] NONE = {};
  private static final long NANOS = 1_000_000_000L;

  /** Commits whose trees are remembered; the store may have dropped them before. */
  private static final int MOST_TREES = 1000;

  private final GitMirrors mirrors;
  private final GitBundles bundles;
  private final FetchedTrees trees;
  private final Reach reach;
  private final OncePerBuild<Resolved> resolved = new OncePerBuild<>();
  private final OncePerBuild<ContextTree> fetched = new OncePerBuild<>();

  // Guarded by itself.
  private final Map<String, ContextTree> remembered =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, ContextTree> eldest) {
          return size() > MOST_TREES;
        }
      };

  /**
   * @param root a directory of its own, for the mirrors
   */
  public GitSource(Path root, FetchedTrees trees, Blobs blobs, Reach reach) throws IOException {
    this.mirrors = new GitMirrors(root);
    this.bundles = new GitBundles(blobs);
    this.trees = trees;
    this.reach = reach;
  }

  @Override
  public Set<String> schemes() {
    return SCHEMES;
  }

  @Override
  public String identifier(Op.Source source) throws SlipwayException {
    return GitIdentifier.of(source).canonical();
  }

  @Override
  public ContextTree tree(Op.Source source, Requester requester)
      throws SlipwayException, InterruptedException {
    GitIdentifier id = GitIdentifier.of(source);
    Resolved commit = resolve(id, requester);
    String key = key(id, commit, requester);
    return fetched.get(requester.buildId(), key, () -> remembered(id, commit, key, requester));
  }

  @Override
  public SourceFacts facts(Op.Source source, SourceFacts.Wanted wanted, Requester requester)
      throws SlipwayException, InterruptedException {
    GitIdentifier id = GitIdentifier.of(source);
    Resolved commit = resolve(id, requester);
    if (!wanted.objects() && id.signature().isEmpty()) {
      return new SourceFacts.Git(
          commit.checksum(),
          commit.ref(),
          id.keepGitDirectory() ? "" : commit.commit(),
          NONE,
          NONE);
    }
    return mirrors.scratch(
        scratch -> inMirror(id, commit, requester, scratch, (fetch, _) -> objects(fetch, commit)));
  }

  private static SourceFacts.Git objects(GitFetch fetch, Resolved commit)
      throws SlipwayException, InterruptedException {
    boolean tag = fetch.type().equals("tag");
    String name = fetch.commit();
    return new SourceFacts.Git(
        commit.checksum(),
        commit.ref(),
        tag ? name : "",
        fetch.object("commit", name),
        tag ? fetch.object("tag", commit.checksum()) : NONE);
  }

  private Resolved resolve(GitIdentifier id, Requester requester)
      throws SlipwayException, InterruptedException {
    if (id.bundle().isEmpty()) {
      Optional<Resolved> known = GitRefs.withoutAsking(id);
      if (known.isPresent()) {
        return known.get();
      }
    }
    String key = id.url().remote() + "#" + id.url().ref() + "#" + id.checksum() + id.bundle();
    return resolved.get(
        requester.buildId(),
        key,
        () ->
            mirrors.scratch(scratch -> {
              if (id.bundle().isPresent()) {
                return bundles.resolve(id, requester, scratch);
              }
              reach.check(id.url().hostname());
              try (GitAccess access = GitAccess.open(id, requester, scratch)) {
                return GitRefs.ask(id, restricted(access.program()), id.url().remote());
              }
            }));
  }

  /** All that the files depend on, and whose they are. */
  private static String key(GitIdentifier id, Resolved commit, Requester requester) {
    return String.join(
        "\n",
        requester.scope(),
        id.url().remote(),
        id.keepGitDirectory() ? commit.checksum() + " " + commit.ref() : commit.commitOrChecksum(),
        id.url().directory(),
        "submodules " + id.submodules(),
        "commit times " + id.commitTimes(),
        "bundle " + (id.asBundle() ? commit.ref() : "no"));
  }

  private ContextTree remembered(GitIdentifier id, Resolved commit, String key, Requester requester)
      throws SlipwayException, InterruptedException {
    Optional<ContextTree> known;
    synchronized (remembered) {
      known = Optional.ofNullable(remembered.get(key));
    }
    if (known.isPresent()
        && id.signature().isEmpty()
        && FetchedTrees.reuse(known.get(), requester)) {
      return known.get();
    }
    ContextTree tree =
        mirrors.scratch(scratch ->
            inMirror(
                id,
                commit,
                requester,
                scratch,
                (fetch, access) -> {
                  if (id.signature().isPresent()) {
                    SourceFacts.Git facts = objects(fetch, commit);
                    GitSignature.verify(
                        id.signature().get(), facts.commitObject(), facts.tagObject());
                  }
                  return checkout(id, commit, fetch, access, scratch, key, requester);
                }));
    synchronized (remembered) {
      remembered.put(key, tree);
    }
    return tree;
  }

  private ContextTree checkout(
      GitIdentifier id,
      Resolved commit,
      GitFetch fetch,
      InUse access,
      Path scratch,
      String key,
      Requester requester)
      throws SlipwayException, InterruptedException {
    Slot slot = new Slot("git", key, requester);
    try {
      if (id.asBundle()) {
        return trees.directory(slot, GitBundles.make(fetch, commit, scratch), OptionalLong.of(0));
      }
      GitCheckout checkout = new GitCheckout(id, commit, fetch, access.mirror(), scratch, reach);
      Path files = checkout.run(access.program());
      return trees.directory(
          slot,
          files,
          id.commitTimes()
              ? OptionalLong.of(checkout.commitSeconds() * NANOS)
              : OptionalLong.empty());
    } catch (IOException e) {
      throw GitMirrors.failed(e);
    }
  }

  /** Git with the client's access, beside a mirror that has the commit. */
  private record InUse(GitProgram program, Path mirror) {}

  private interface Use<T> {
    T of(GitFetch fetch, InUse access) throws SlipwayException, InterruptedException;
  }

  private <T> T inMirror(
      GitIdentifier id, Resolved commit, Requester requester, Path scratch, Use<T> use)
      throws SlipwayException, InterruptedException {
    String remote = id.url().remote() + (commit.isSha256() ? "#sha256" : "");
    return mirrors.use(
        requester.scope(),
        remote,
        mirror -> {
          try (GitAccess access = GitAccess.open(id, requester, scratch)) {
            GitProgram program = restricted(access.program());
            GitFetch fetch;
            if (id.bundle().isPresent()) {
              String copy = bundles.stage(id, requester, scratch);
              fetch = new GitFetch(id, commit, program.withFiles(), mirror, copy);
            } else {
              reach.check(id.url().hostname());
              fetch = new GitFetch(id, commit, program, mirror, id.url().remote());
            }
            fetch.run();
            return use.of(fetch, new InUse(program, mirror));
          }
        });
  }

  /** Where there are rules a server may not send git elsewhere: only this host was checked. */
  private GitProgram restricted(GitProgram git) {
    return reach.isRestricted() ? git.withOptions("-c", "http.followRedirects=false") : git;
  }

  @Override
  public void forget(String buildId) {
    resolved.forget(buildId);
    fetched.forget(buildId);
  }
}
