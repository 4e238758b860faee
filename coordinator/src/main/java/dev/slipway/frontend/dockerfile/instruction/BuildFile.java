package dev.slipway.frontend.dockerfile.instruction;

import dev.slipway.error.ErrorKind;
import dev.slipway.frontend.SourceError;
import dev.slipway.frontend.dockerfile.parser.ParsedText;
import dev.slipway.frontend.dockerfile.parser.SourceText;
import dev.slipway.frontend.dockerfile.parser.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * A Dockerfile as stages.
 *
 * @param globals ARG instructions before the first FROM
 */
public record BuildFile(SourceText source, char escape, List<Located> globals, List<Stage> stages) {
  /** Stages of one file; each costs a level of recursion when they depend on each other. */
  static final int MOST_STAGES = 1000;

  public BuildFile {
    globals = List.copyOf(globals);
    stages = List.copyOf(stages);
  }

  /** A stage as written; {@code from.instruction()} is a {@link Instruction.From}. */
  public record Stage(int index, Located from, List<Located> instructions) {
    public Stage {
      instructions = List.copyOf(instructions);
    }

    public Instruction.From base() {
      return (Instruction.From) from.instruction();
    }
  }

  /** Reads every instruction and groups them. */
  public static BuildFile of(ParsedText text) throws SourceError {
    return of(text, _ -> {});
  }

  /** The same; {@code listener} gets each statement before it is read. */
  public static BuildFile of(ParsedText text, Consumer<Statement> listener) throws SourceError {
    InstructionParser parser = new InstructionParser(text.source(), text.escape());
    List<Located> globals = new ArrayList<>();
    List<Stage> stages = new ArrayList<>();
    Located from = null;
    List<Located> instructions = new ArrayList<>();
    for (Statement statement : text.statements()) {
      listener.accept(statement);
      Located located = parser.parse(statement);
      if (located.instruction() instanceof Instruction.From) {
        if (from != null) {
          stages.add(new Stage(stages.size(), from, instructions));
          instructions = new ArrayList<>();
        }
        from = located;
      } else if (from != null) {
        instructions.add(located);
      } else if (located.instruction() instanceof Instruction.Arg) {
        globals.add(located);
      } else {
        throw text.source().lexicalError(statement.range(), "no build stage in current context");
      }
      if (stages.size() >= MOST_STAGES) {
        throw text.source()
            .error(
                ErrorKind.EXHAUSTED,
                statement.range(),
                "more than " + MOST_STAGES + " build stages");
      }
    }
    if (from == null) {
      throw text.source()
          .error(
              ErrorKind.INVALID,
              text.statements().getLast().range(),
              "dockerfile contains no stages to build");
    }
    stages.add(new Stage(stages.size(), from, instructions));
    return new BuildFile(text.source(), text.escape(), globals, stages);
  }
}
