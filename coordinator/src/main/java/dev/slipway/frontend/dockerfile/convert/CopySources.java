package dev.slipway.frontend.dockerfile.convert;

import dev.slipway.error.SlipwayException;
import dev.slipway.frontend.dockerfile.instruction.Instruction;
import dev.slipway.frontend.dockerfile.instruction.Located;
import dev.slipway.frontend.dockerfile.parser.Heredoc;
import dev.slipway.graph.Edge;
import dev.slipway.graph.FileAction;
import dev.slipway.graph.Op;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Finds out what each source of a COPY or an ADD is, and where its files are. */
final class CopySources {
  private static final int DOCUMENT_MODE = 0644;

  private final StageState state;
  private final Instruction.Copy copy;
  private final CopyFlags flags;
  private final String label;

  private CopySources(StageState state, Instruction.Copy copy, CopyFlags flags, String label) {
    this.state = state;
    this.copy = copy;
    this.flags = flags;
    this.label = label;
  }

  /** All of them: those with a name first, then documents. */
  static List<CopySource> of(
      StageState state, Instruction.Copy copy, Located located, CopyFlags flags)
      throws SlipwayException {
    CopySources sources = new CopySources(state, copy, flags, state.display(located.text()));
    List<String> written = new ArrayList<>();
    for (String text : copy.sources()) {
      written.add(state.expand(text));
    }
    List<CopySource> found = new ArrayList<>();
    for (String text : written) {
      found.add(sources.named(text, written));
    }
    for (Heredoc document : copy.documents()) {
      found.add(sources.document(document));
    }
    return found;
  }

  private CopySource named(String written, List<String> all) throws SlipwayException {
    Optional<GitReference> git =
        GitReference.parse(written).filter(reference -> !reference.likeLocal());
    if (git.isPresent()) {
      if (!copy.add()) {
        throw CopyStep.invalid("source can't be a git ref for COPY");
      }
      return git(written, git.get());
    }
    if (RemoteSources.isWeb(written)) {
      if (!copy.add()) {
        throw CopyStep.invalid("source can't be a URL for COPY");
      }
      return web(written);
    }
    return local(written, all);
  }

  private CopySource git(String written, GitReference reference) throws SlipwayException {
    GitReference.Options options = reference.options();
    Optional<Boolean> keep = copy.options().keepGitDirectory();
    if (keep.isPresent()
        && options.keepGitDirectory().isPresent()
        && !keep.equals(options.keepGitDirectory())) {
      throw CopyStep.invalid("inconsistent keep-git-dir configuration");
    }
    String checksum = flags.checksum().orElse(options.checksum());
    if (!options.checksum().isEmpty() && !checksum.equals(options.checksum())) {
      throw CopyStep.invalid(
          "checksum mismatch \"" + checksum + "\" != \"" + options.checksum() + "\"");
    }
    // Times of commits are for contexts only.
    GitReference wanted =
        reference
            .with(Optional.of(checksum), options.keepGitDirectory().or(() -> keep))
            .withModificationTime("");
    return new CopySource(
        written,
        Optional.of(source(RemoteSources.git(wanted))),
        "/",
        CopySource.plain(false, excludes()));
  }

  private CopySource web(String written) throws SlipwayException {
    String filename = RemoteSources.filename(written);
    return new CopySource(
        written,
        Optional.of(source(RemoteSources.http(written, filename, flags.checksum()))),
        "/" + filename,
        CopySource.plain(copy.options().unpack().orElse(false), excludes()));
  }

  /** Shown under the name of the step that it is fetched for. */
  private Edge source(Op.Source source) {
    return state
        .conversion
        .graph()
        .add(source, List.of(), Optional.empty(), GraphBuilder.Label.of(state.numberedNext(label)));
  }

  private CopySource local(String written, List<String> all) throws SlipwayException {
    String path = written;
    List<String> includes = List.of();
    List<String> required = List.of();
    if (copy.options().parents()) {
      // All before "/./" is where the copy starts, what comes after is kept as a path.
      int pivot = written.indexOf("/./");
      path = pivot < 0 ? "/" : written.substring(0, pivot);
      String pattern = PosixPath.clean(pivot < 0 ? written : written.substring(pivot + 3));
      includes = List.of(pattern.substring(1));
      if (!hasWildcards(path) && !hasWildcards(pattern)) {
        required = List.of(PosixPath.clean(path + "/" + pattern));
      }
    }
    return new CopySource(
        written,
        files(written, all),
        PosixPath.clean(path),
        CopySource.local(
            copy.options().unpack().orElse(copy.add()), includes, excludes(), required));
  }

  private Optional<Edge> files(String written, List<String> all) throws SlipwayException {
    if (copy.from().isEmpty()) {
      return state.conversion.context(PosixPath.clean(written));
    }
    String name = copy.from().get();
    Set<String> paths = new LinkedHashSet<>();
    all.forEach(text -> paths.add(PosixPath.clean(text)));
    return state.conversion.from(
        state.plan.sources().copies().get(name),
        paths,
        "cannot copy from stage \""
            + name
            + "\", it needs to be defined before current stage \""
            + StageNames.of(state.plan.stage())
            + "\"");
  }

  private CopySource document(Heredoc document) throws SlipwayException {
    String text =
        document.expand()
            ? state.lexer().document(document.text(), state.environment())
            : document.text();
    String path = PosixPath.clean(document.name());
    FileAction.Change make =
        new FileAction.Change.MakeFile(
            path,
            DOCUMENT_MODE,
            text.getBytes(StandardCharsets.UTF_8),
            Optional.empty(),
            FileAction.NO_TIMESTAMP);
    Edge edge =
        state
            .conversion
            .graph()
            .add(
                new Op.File(List.of(new FileAction(-1, -1, 0, make))),
                List.of(),
                Optional.empty(),
                GraphBuilder.Label.internal("preparing inline document"));
    return new CopySource(
        "<<" + document.name(), Optional.of(edge), path, CopySource.plain(false, excludes()));
  }

  private List<String> excludes() {
    return copy.options().excludes();
  }

  private static boolean hasWildcards(String path) {
    for (int i = 0; i < path.length(); i++) {
      switch (path.charAt(i)) {
        case '*', '?', '[' -> {
          return true;
        }
        case '\\' -> i++;
        default -> {}
      }
    }
    return false;
  }
}
