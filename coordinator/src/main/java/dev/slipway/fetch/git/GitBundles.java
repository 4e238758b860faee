package dev.slipway.fetch.git;

import dev.slipway.error.SlipwayException;
import dev.slipway.fetch.FetchedTrees;
import dev.slipway.fetch.Requester;
import dev.slipway.fetch.blob.Blobs;
import dev.slipway.fetch.git.GitRefs.Resolved;
import dev.slipway.oci.Digest;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;

/** Git bundles: blobs to take a commit from, and files made of a commit. @ThreadSafe */
final class GitBundles {
  /** The file that a bundle as a result is. */
  private static final String FILE = "bundle";

  /** A bundle needs a name for its commit. */
  private static final String NAMELESS = "refs/heads/main";

  private final Blobs blobs;

  GitBundles(Blobs blobs) {
    this.blobs = blobs;
  }

  /** What the name means in the bundle. */
  Resolved resolve(GitIdentifier id, Requester requester, Path scratch)
      throws SlipwayException, InterruptedException {
    String ref = id.url().ref();
    if (ref.isEmpty() || GitIdentifier.isCommit(ref)) {
      String commit = ref.isEmpty() ? id.checksum() : ref;
      return new Resolved(commit, commit, "");
    }
    String address = stage(id, requester, scratch);
    return GitRefs.ask(id, local(id, requester, scratch), address);
  }

  /**
   * Downloads the bundle and unpacks it into a repository of its own, whatever is in it.
   *
   * @return address of that repository
   */
  String stage(GitIdentifier id, Requester requester, Path scratch)
      throws SlipwayException, InterruptedException {
    Path repository = scratch.resolve("bundle.git");
    String address = "file://" + repository;
    if (Files.exists(repository)) {
      return address;
    }
    Blobs.Place place = place(id);
    Path bundle = scratch.resolve("bundle.pack");
    download(place, requester, bundle);
    GitProgram git = local(id, requester, scratch);
    String listed = git.text("ls-remote", "--", bundle.toString());
    int object = listed.indexOf('\t');
    if (object < 0 || !GitIdentifier.isCommit(listed.substring(0, object))) {
      throw GitIdentifier.invalid("failed to inspect git bundle " + place + ": no refs found");
    }
    GitProgram inside = created(git, repository, object == 64);
    try {
      inside.run("fetch", "--", bundle.toString(), "+refs/*:refs/*");
    } catch (GitFailure e) {
      throw e.during("failed to import git bundle " + place);
    }
    if (!inside.succeeds("cat-file", "-e", id.checksum() + "^{commit}")) {
      throw GitIdentifier.invalid("commit " + id.checksum() + " not found in bundle " + place);
    }
    inside.run("config", "uploadpack.allowAnySHA1InWant", "true");
    return address;
  }

  private static Blobs.Place place(GitIdentifier id) throws SlipwayException {
    String identifier = id.bundle().orElseThrow();
    int end = identifier.indexOf("://");
    String scheme = end < 0 ? "" : identifier.substring(0, end);
    if (!scheme.equals(Blobs.REGISTRY) && !scheme.equals(Blobs.LAYOUT)) {
      throw GitIdentifier.invalid(
          "git.bundle locator scheme \""
              + scheme
              + "\" is not supported; expected \""
              + Blobs.REGISTRY
              + "\" or \""
              + Blobs.LAYOUT
              + "\"");
    }
    return Blobs.Place.of(identifier, id.attributes());
  }

  private void download(Blobs.Place place, Requester requester, Path file)
      throws SlipwayException, InterruptedException {
    MessageDigest hash = Digest.sha256();
    byte[] buffer = new byte[1 << 16];
    long left = FetchedTrees.MAXIMUM_BYTES;
    try (InputStream in = blobs.open(place, requester);
        OutputStream out = new DigestOutputStream(Files.newOutputStream(file), hash)) {
      for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
        left -= count;
        if (left < 0) {
          throw GitIdentifier.invalid(
              "git bundle " + place + " is larger than " + FetchedTrees.MAXIMUM_BYTES + " bytes");
        }
        out.write(buffer, 0, count);
      }
    } catch (IOException e) {
      throw Blobs.broken(place, e);
    }
    Digest found = Digest.ofHash(hash.digest());
    if (!found.equals(place.digest())) {
      throw GitIdentifier.invalid(
          "expected checksum to match " + place.digest() + ", got " + found);
    }
  }

  /** Makes a bundle of the commit and its history, under the name that was asked for. */
  static Path make(GitFetch fetched, Resolved wanted, Path scratch)
      throws SlipwayException, InterruptedException, IOException {
    String held = "refs/held/" + wanted.checksum();
    GitProgram mirror = fetched.program().quiet();
    mirror.run("update-ref", held, wanted.checksum());
    Path repository = scratch.resolve("made.git");
    GitProgram git = created(mirror.withFiles(), repository, wanted.isSha256());
    git.run("fetch", "--no-tags", "--", "file://" + fetched.directory(), held + ":" + name(wanted));
    Path result = Files.createDirectory(scratch.resolve("made"));
    git.withOptions("-c", "pack.threads=1")
        .run("bundle", "create", result.resolve(FILE).toString(), name(wanted));
    return result;
  }

  private static String name(Resolved wanted) {
    return GitIdentifier.isCommit(wanted.ref()) ? NAMELESS : wanted.ref();
  }

  private static GitProgram local(GitIdentifier id, Requester requester, Path scratch) {
    return GitProgram.in(scratch, id.url().remote(), requester.output()).quiet().withFiles();
  }

  private static GitProgram created(GitProgram git, Path repository, boolean sha256)
      throws SlipwayException, InterruptedException {
    try {
      Files.createDirectories(repository);
    } catch (IOException e) {
      throw GitMirrors.failed(e);
    }
    GitProgram inside = git.at(repository).withOptions("--git-dir", repository.toString());
    List<String> init = new ArrayList<>(List.of("init", "--bare"));
    if (sha256) {
      init.add("--object-format=sha256");
    }
    inside.run(init.toArray(String[]::new));
    return inside;
  }
}
