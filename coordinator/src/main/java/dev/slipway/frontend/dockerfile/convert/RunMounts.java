package dev.slipway.frontend.dockerfile.convert;

import dev.slipway.error.SlipwayException;
import dev.slipway.frontend.dockerfile.instruction.Instruction;
import dev.slipway.frontend.dockerfile.instruction.MountOption;
import dev.slipway.frontend.dockerfile.instruction.MountOption.Attributes;
import dev.slipway.graph.Edge;
import dev.slipway.graph.FileAction;
import dev.slipway.graph.Mount;
import dev.slipway.graph.Op;
import dev.slipway.graph.SecretEnvironment;
import java.util.ArrayList;
import java.util.Comparator;
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

  private static final int CACHE_MODE = 0755;
  private static final String SHARED_MEMORY = "/dev/shm";

  private final StageState state;
  private final List<Edge> inputs;
  private final List<Mount> files = new ArrayList<>();
  private final SessionMounts session = new SessionMounts();
  private final Set<String> targets = new HashSet<>(Set.of("/"));

  RunMounts(StageState state) {
    this.state = state;
    this.inputs = new ArrayList<>(state.root.stream().toList());
    files.add(new Mount(inputs.isEmpty() ? -1 : 0, "", "/", 0, false, new Mount.Kind.Bind()));
  }

  List<Edge> inputs() {
    return inputs;
  }

  /** Files by destination, then secrets, then agents. */
  List<Mount> mounts() {
    List<Mount> all = new ArrayList<>(files);
    all.sort(Comparator.comparing(Mount::destination));
    all.addAll(session.mounts());
    return all;
  }

  List<SecretEnvironment> secretEnvironment() {
    return session.environment();
  }

  /** The socket of the first agent. */
  Optional<String> agent() {
    return session.agent();
  }

  /** A script that runs. */
  void addScript(Edge script, String target) {
    files.add(new Mount(input(Optional.of(script)), "", target, -1, true, new Mount.Kind.Bind()));
  }

  /** Those of the options, and the memory that the client asked for. */
  void addAll(Instruction.Run run) throws SlipwayException {
    for (String text : run.mounts()) {
      MountOption option = MountOption.parse(text, state::expand);
      switch (option.type()) {
        case SECRET -> session.addSecret(option);
        case SSH -> session.addAgent(option);
        case BIND -> files.add(bind(option, target(option)));
        case CACHE -> files.add(cache(option, target(option)));
        case TMPFS -> files.add(memory(target(option), option.readOnly(), option.size()));
      }
    }
    long sharedMemory = state.conversion.options().exec().sharedMemory();
    if (sharedMemory > 0 && targets.add(SHARED_MEMORY)) {
      files.add(memory(SHARED_MEMORY, false, sharedMemory));
    }
  }

  private String target(MountOption option) throws SlipwayException {
    String target = PosixPath.clean(PosixPath.resolve(state.workingDirectory(), option.target()));
    if (target.equals("/")) {
      throw CopyStep.invalid("invalid mount target \"/\"");
    }
    if (!targets.add(target)) {
      throw CopyStep.invalid("duplicate mount target \"" + target + "\"");
    }
    return target;
  }

  private static Mount memory(String target, boolean readOnly, long size) {
    return new Mount(-1, "", target, -1, readOnly, new Mount.Kind.Tmpfs(size));
  }

  private Mount bind(MountOption option, String target) throws SlipwayException {
    String source = PosixPath.clean(option.source());
    Optional<Edge> edge =
        option.from().isPresent() ? from(option, source) : state.conversion.context(source);
    return new Mount(
        input(edge), selector(source), target, -1, option.readOnly(), new Mount.Kind.Bind());
  }

  /** An owner or a mode is that of a directory which is made for it; a source has its own. */
  private Mount cache(MountOption option, String target) throws SlipwayException {
    String id = option.id().isEmpty() ? identity(option) : option.id();
    String namespace = state.conversion.globals().buildArguments().getOrDefault(NAMESPACE, "");
    String source = PosixPath.clean(option.source());
    Optional<Edge> begin = option.from().isPresent() ? from(option, source) : Optional.empty();
    if (source.equals("/") && option.attributes().areGiven()) {
      begin = Optional.of(withDirectory(begin, option.attributes()));
      source = CACHE_ROOT;
    }
    return new Mount(
        input(begin),
        selector(source),
        target,
        -1,
        option.readOnly(),
        new Mount.Kind.Cache(namespace + "/" + id, option.sharing()));
  }

  /** The target as it was written: two directories with a relative one share their cache. */
  private static String identity(MountOption option) {
    String clean = PosixPath.clean(option.target());
    return option.target().startsWith("/") ? clean : clean.substring(1);
  }

  private Edge withDirectory(Optional<Edge> begin, Attributes attributes) {
    FileAction.Owner owner =
        new FileAction.Owner(
            Optional.of(new FileAction.Identity.ById(attributes.uid().orElse(0))),
            Optional.of(new FileAction.Identity.ById(attributes.gid().orElse(0))));
    FileAction.Change make =
        new FileAction.Change.MakeDirectory(
            CACHE_ROOT,
            attributes.mode().orElse(CACHE_MODE),
            false,
            Optional.of(owner),
            FileAction.NO_TIMESTAMP);
    return state
        .conversion
        .graph()
        .add(
            new Op.File(List.of(new FileAction(begin.isPresent() ? 0 : -1, -1, 0, make))),
            begin.stream().toList(),
            Optional.empty(),
            GraphBuilder.Label.internal("setting cache mount permissions"));
  }

  private Optional<Edge> from(MountOption option, String path) throws SlipwayException {
    String name = option.from().get();
    return state.conversion.from(
        state.plan.sources().mounts().get(name),
        Set.of(path),
        "cannot mount from stage \""
            + name
            + "\" to \""
            + option.target()
            + "\", stage needs to be defined before current command");
  }

  private int input(Optional<Edge> edge) {
    if (edge.isEmpty()) {
      return -1;
    }
    if (!inputs.contains(edge.get())) {
      inputs.add(edge.get());
    }
    return inputs.indexOf(edge.get());
  }

  private static String selector(String source) {
    return source.equals("/") ? "" : source;
  }
}
