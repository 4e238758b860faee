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
   */
  record Run(
      CommandLine command, List<Heredoc> heredocs, List<String> mounts, Optional<String> network)
      implements Instruction {
    public Run {
      heredocs = List.copyOf(heredocs);
      mounts = List.copyOf(mounts);
    }
  }

  /** {@code COPY}, and {@code ADD}, which unpacks archives. */
  record Copy(
      boolean add,
      List<String> sources,
      List<Heredoc> documents,
      String destination,
      Optional<String> from,
      Optional<String> owner,
      Optional<String> mode)
      implements Instruction {
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
