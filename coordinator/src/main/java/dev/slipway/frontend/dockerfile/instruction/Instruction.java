package dev.slipway.frontend.dockerfile.instruction;

import dev.slipway.frontend.dockerfile.parser.Heredoc;
import java.util.List;
import java.util.Optional;

/** An instruction with its arguments, variables not expanded yet. */
public sealed interface Instruction {
  /** A {@code NAME=value} pair. */
  record Pair(String name, String value) {}

  /** {@code FROM}; the name is in lower case. */
  record From(Optional<String> platform, String base, Optional<String> name)
      implements Instruction {}

  record Arg(List<Declaration> declarations) implements Instruction {
    /** One name with its default. */
    public record Declaration(String name, Optional<String> value) {}

    public Arg {
      declarations = List.copyOf(declarations);
    }
  }

  record Env(List<Pair> pairs) implements Instruction {
    public Env {
      pairs = List.copyOf(pairs);
    }
  }

  record Label(List<Pair> pairs) implements Instruction {
    public Label {
      pairs = List.copyOf(pairs);
    }
  }

  /**
   * {@code RUN}.
   *
   * @param mounts values of {@code --mount}, see {@link MountOption}
   * @param insecure whether it asks for all rights
   */
  record Run(
      CommandLine command,
      List<Heredoc> heredocs,
      List<String> mounts,
      Network network,
      boolean insecure,
      List<DeviceOption> devices)
      implements Instruction {
    /** How the process reaches the network; DEFAULT is what the client chose. */
    public enum Network {
      DEFAULT,
      NONE,
      HOST
    }

    public Run {
      heredocs = List.copyOf(heredocs);
      mounts = List.copyOf(mounts);
      devices = List.copyOf(devices);
    }
  }

  /** {@code COPY}, and {@code ADD}, which unpacks archives and fetches from elsewhere. */
  record Copy(
      boolean add,
      List<String> sources,
      List<Heredoc> documents,
      String destination,
      Optional<String> from,
      Options options)
      implements Instruction {
    /**
     * The flags; empty where they were not given.
     *
     * @param excludes patterns as in a .dockerignore, relative to each source
     * @param checksum of the only source, which is a URL or a repository
     */
    public record Options(
        Optional<String> owner,
        Optional<String> mode,
        boolean link,
        boolean parents,
        List<String> excludes,
        Optional<Boolean> keepGitDirectory,
        Optional<String> checksum,
        Optional<Boolean> unpack) {
      public Options {
        excludes = List.copyOf(excludes);
      }
    }

    public Copy {
      sources = List.copyOf(sources);
      documents = List.copyOf(documents);
    }

    public String keyword() {
      return add ? "ADD" : "COPY";
    }
  }

  record Cmd(CommandLine command) implements Instruction {}

  record Entrypoint(CommandLine command) implements Instruction {}

  record Shell(List<String> shell) implements Instruction {
    public Shell {
      shell = List.copyOf(shell);
    }
  }

  record Workdir(String path) implements Instruction {}

  record User(String user) implements Instruction {}

  record StopSignal(String signal) implements Instruction {}

  record Maintainer(String name) implements Instruction {}

  record Expose(List<String> ports) implements Instruction {
    public Expose {
      ports = List.copyOf(ports);
    }
  }

  record Volume(List<String> paths) implements Instruction {
    public Volume {
      paths = List.copyOf(paths);
    }
  }

  /**
   * {@code HEALTHCHECK}; durations in nanoseconds, 0 = inherited.
   *
   * @param command empty = {@code NONE}
   */
  record Healthcheck(
      Optional<CommandLine> command,
      long interval,
      long timeout,
      long startPeriod,
      long startInterval,
      int retries)
      implements Instruction {}

  /** {@code ONBUILD}: the text of another instruction, here-documents included. */
  record Onbuild(String expression) implements Instruction {}

  /**
   * A command.
   *
   * @param words the JSON form's words, or one word for the shell
   * @param shell whether a shell is put before it
   */
  record CommandLine(List<String> words, boolean shell) {
    public CommandLine {
      words = List.copyOf(words);
    }
  }
}
