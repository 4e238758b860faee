package dev.slipway.frontend.dockerfile.convert;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.frontend.dockerfile.instruction.Instruction;
import dev.slipway.frontend.dockerfile.instruction.Located;
import dev.slipway.frontend.dockerfile.instruction.MountOption;
import dev.slipway.graph.Edge;
import dev.slipway.graph.FileAction;
import dev.slipway.graph.FileAction.Identity;
import dev.slipway.graph.Mount;
import dev.slipway.graph.Op;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The mounts of one RUN, and the inputs that they need. */
final class RunMounts {
  /** Build argument before whose value, and a slash, every cache mount's id is put. */
  private static final String NAMESPACE = "BUILDKIT_CACHE_MOUNT_NS";

  /** Where the directory with the wished owner and mode is in the cache mount's input. */
  private static final String CACHE_ROOT = "/cache";

  private final StageState state;
  private final Located located;
  private final List<Edge> inputs;
  private final List<Mount> mounts = new ArrayList<>();
  private final Set<String> targets = new HashSet<>(Set.of("/"));

  RunMounts(StageState state, Located located) {
    this.state = state;
    this.located = located;
    this.inputs = new ArrayList<>(state.root.stream().toList());
    mounts.add(new Mount(inputs.isEmpty() ? -1 : 0, "", "/", 0, false, new Mount.Kind.Bind()));
  }

  List<Edge> inputs() {
    return inputs;
  }

  List<Mount> mounts() {
    return mounts;
  }

  /** A read-only mount that no option asked for. */
  void add(Edge input, String target) {
    mounts.add(new Mount(input(Optional.of(input)), "", target, -1, true, new Mount.Kind.Bind()));
  }

  /** Those of the options. */
  void addAll(Instruction.Run run) throws SlipwayException {
    for (String text : run.mounts()) {
      MountOption option = MountOption.parse(text, state::expand);
      String target = PosixPath.clean(PosixPath.resolve(state.workingDirectory(), option.target()));
      if (target.equals("/")) {
        throw new SlipwayException(
            ErrorKind.INVALID, "invalid mount target \"" + option.target() + "\"");
      }
      if (!targets.add(target)) {
        throw new SlipwayException(ErrorKind.INVALID, "duplicate mount target \"" + target + "\"");
      }
      mounts.add(
          switch (option.type()) {
            case TMPFS ->
                new Mount(
                    -1, "", target, -1, option.readOnly(), new Mount.Kind.Tmpfs(option.size()));
            case BIND -> bind(option, target);
            case CACHE -> cache(option, target);
          });
    }
  }

  private Mount bind(MountOption option, String target) {
    String source = PosixPath.clean(option.source());
    Optional<Edge> edge =
        option.from().isPresent() ? from(option) : Optional.of(state.conversion.context(source));
    return new Mount(
        input(edge), selector(source), target, -1, option.readOnly(), new Mount.Kind.Bind());
  }

  /** An owner or a mode is that of a directory which is made for it; a source has its own. */
  private Mount cache(MountOption option, String target) {
    String id = option.cache().id();
    String namespace = state.conversion.options().buildArguments().getOrDefault(NAMESPACE, "");
    String source = PosixPath.clean(option.source());
    Optional<Edge> begin = option.from().isPresent() ? from(option) : Optional.empty();
    if (source.equals("/") && option.cache().root().isPresent()) {
      begin = Optional.of(withDirectory(begin, option.cache().root().get()));
      source = CACHE_ROOT;
    }
    return new Mount(
        input(begin),
        selector(source),
        target,
        -1,
        option.readOnly(),
        new Mount.Kind.Cache(
            namespace + "/" + (id.isEmpty() ? cleanedTarget(option.target()) : id),
            option.cache().sharing()));
  }

  /** As it was written, so that a relative target means one id in all working directories. */
  private static String cleanedTarget(String target) {
    String clean = PosixPath.clean(target);
    return target.startsWith("/") ? clean : clean.equals("/") ? "." : clean.substring(1);
  }

  private Edge withDirectory(Optional<Edge> base, MountOption.Root root) {
    FileAction.Owner owner =
        new FileAction.Owner(
            Optional.of(new Identity.ById(root.uid())), Optional.of(new Identity.ById(root.gid())));
    FileAction.Change make =
        new FileAction.Change.MakeDirectory(
            CACHE_ROOT, root.mode(), false, Optional.of(owner), FileAction.NO_TIMESTAMP);
    return state
        .conversion
        .graph()
        .add(
            new Op.File(List.of(new FileAction(base.isPresent() ? 0 : -1, -1, 0, make))),
            base.stream().toList(),
            Optional.empty(),
            GraphBuilder.Label.internal("setting cache mount permissions"));
  }

  private Optional<Edge> from(MountOption option) {
    return state.conversion.from(
        state.plan.mountSources().get(option.from().orElseThrow()), located.range());
  }

  private static String selector(String source) {
    return source.equals("/") ? "" : source;
  }

  private int input(Optional<Edge> edge) {
    if (edge.isEmpty()) {
      return -1;
    }
    int known = inputs.indexOf(edge.get());
    if (known >= 0) {
      return known;
    }
    inputs.add(edge.get());
    return inputs.size() - 1;
  }
}
