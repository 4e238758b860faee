package dev.slipway.graph;

import java.util.List;
import java.util.Map;

/** What a vertex does. One record per LLB op; every index is into {@link Vertex#inputs()}. */
public sealed interface Op {
  /** Brings something from outside: {@code docker-image://…}, {@code local://…}. */
  record Source(String identifier, Map<String, String> attributes) implements Op {
    public Source {
      attributes = Map.copyOf(attributes);
    }

    /** The part before {@code ://}. */
    public String scheme() {
      int end = identifier.indexOf("://");
      return end < 0 ? "" : identifier.substring(0, end);
    }

    /** The part after {@code ://}. */
    public String locator() {
      int end = identifier.indexOf("://");
      return end < 0 ? identifier : identifier.substring(end + 3);
    }
  }

  /**
   * Runs a process. {@code mounts} contains exactly one with destination {@code /}, the root
   * filesystem.
   */
  record Exec(
      ExecMeta meta,
      List<Mount> mounts,
      Network network,
      boolean insecure,
      List<SecretEnvironment> secretEnvironment,
      List<Device> devices)
      implements Op {
    public Exec {
      mounts = List.copyOf(mounts);
      secretEnvironment = List.copyOf(secretEnvironment);
      devices = List.copyOf(devices);
    }

    /** Without devices. */
    public Exec(
        ExecMeta meta,
        List<Mount> mounts,
        Network network,
        boolean insecure,
        List<SecretEnvironment> secretEnvironment) {
      this(meta, mounts, network, insecure, secretEnvironment, List.of());
    }

    public Mount root() {
      return mounts.stream()
          .filter(mount -> mount.destination().equals("/"))
          .findFirst()
          .orElseThrow();
    }
  }

  /** Changes files without running anything. */
  record File(List<FileAction> actions) implements Op {
    public File {
      actions = List.copyOf(actions);
    }
  }

  /** Lays the inputs' layers over each other, later over earlier. */
  record Merge(List<Integer> inputs) implements Op {
    public Merge {
      inputs = List.copyOf(inputs);
    }
  }

  /** What {@code upper} changed against {@code lower}; -1 is scratch. */
  record Diff(int lower, int upper) implements Op {}

  /**
   * Solves the definition found in its input.
   *
   * @param definition the input that holds it
   */
  record Build(int definition, Map<String, String> attributes) implements Op {
    /** Where the definition is when the op does not say. */
    public static final String DEFAULT_FILE = "buildkit.llb.definition";

    public Build {
      attributes = Map.copyOf(attributes);
    }

    /** The file in the input that is the definition. */
    public String file() {
      return attributes.getOrDefault("llbbuild.filename", DEFAULT_FILE);
    }
  }

  /**
   * Gives some of its inputs on under another identity; the others have to be made too.
   *
   * @param outputs input index by output index
   */
  record Passthrough(String id, List<Integer> outputs) implements Op {
    public Passthrough {
      outputs = List.copyOf(outputs);
    }
  }

  /** A device of the machine by its CDI name, {@code vendor.com/class=name}. */
  record Device(String name, boolean optional) {}

  /** How an exec reaches the network. */
  enum Network {
    SANDBOX,
    HOST,
    NONE
  }
}
