package dev.slipway.frontend.dockerfile.lint;

import dev.slipway.error.SlipwayException;
import dev.slipway.frontend.dockerfile.instruction.Instruction;
import dev.slipway.frontend.dockerfile.instruction.Instruction.Pair;
import dev.slipway.frontend.dockerfile.parser.Heredoc;
import dev.slipway.frontend.dockerfile.shell.ShellLexer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The words of an instruction in which variables are replaced, in the order that it is done. */
final class VariableWords {
  private VariableWords() {}

  /** A word, or the text of a here-document. */
  record Word(String text, boolean document) {
    void expand(ShellLexer lexer, Map<String, String> environment) throws SlipwayException {
      if (document) {
        lexer.document(text, environment);
      } else {
        lexer.word(text, environment);
      }
    }
  }

  /**
   * Returns them.
   *
   * @param given names of build arguments that the client gave: the defaults of those do not count
   */
  static List<Word> of(Instruction instruction, Set<String> given) {
    List<Word> words = new ArrayList<>();
    switch (instruction) {
      case Instruction.Env env -> pairs(words, env.pairs());
      case Instruction.Label label -> pairs(words, label.pairs());
      case Instruction.Arg arg -> {
        for (Instruction.Arg.Declaration declaration : arg.declarations()) {
          if (!given.contains(declaration.name())) {
            add(words, declaration.value());
          }
        }
      }
      case Instruction.Copy copy -> {
        add(words, copy.options().owner());
        add(words, copy.options().mode());
        add(words, copy.options().checksum());
        copy.sources().forEach(source -> words.add(new Word(source, false)));
        words.add(new Word(copy.destination(), false));
        for (Heredoc document : copy.documents()) {
          if (document.expand()) {
            words.add(new Word(document.content(), true));
          }
        }
      }
      case Instruction.Run run -> {
        for (String mount : run.mounts()) {
          for (String value : MountValues.of(mount)) {
            words.add(new Word(value, false));
          }
        }
      }
      case Instruction.Workdir workdir -> words.add(new Word(workdir.path(), false));
      case Instruction.User user -> words.add(new Word(user.user(), false));
      case Instruction.StopSignal signal -> words.add(new Word(signal.signal(), false));
      case Instruction.Volume volume ->
          volume.paths().forEach(path -> words.add(new Word(path, false)));
      case Instruction.From _,
          Instruction.Cmd _,
          Instruction.Entrypoint _,
          Instruction.Shell _,
          Instruction.Maintainer _,
          Instruction.Expose _,
          Instruction.Healthcheck _,
          Instruction.Onbuild _ -> {}
    }
    return words;
  }

  private static void pairs(List<Word> words, List<Pair> pairs) {
    for (Pair pair : pairs) {
      words.add(new Word(pair.name(), false));
      words.add(new Word(pair.value(), false));
    }
  }

  private static void add(List<Word> words, Optional<String> text) {
    text.ifPresent(value -> words.add(new Word(value, false)));
  }
}
