package dev.slipway.frontend.dockerfile.subrequest;

import dev.slipway.error.SlipwayException;
import dev.slipway.frontend.dockerfile.instruction.BuildFile;
import dev.slipway.frontend.dockerfile.instruction.Instruction;
import dev.slipway.frontend.dockerfile.instruction.Instruction.Arg.Declaration;
import dev.slipway.frontend.dockerfile.instruction.Located;
import dev.slipway.frontend.dockerfile.lint.Comments;
import dev.slipway.frontend.dockerfile.shell.Lookups;
import dev.slipway.frontend.dockerfile.shell.ShellLexer;
import dev.slipway.frontend.dockerfile.subrequest.Outline.Argument;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** ARGs before the first FROM, and which of them others need. Confined to one thread. */
public final class GlobalArguments {
  private final ShellLexer lexer;

  /** As it is after the last of them. */
  private final Map<String, String> scope;

  private final Map<String, Argument> arguments = new LinkedHashMap<>();
  private final Map<String, Set<String>> needs = new HashMap<>();

  /**
   * @param globals variables that a FROM sees; of those that the file does not declare, such as the
   *     platforms, the values count from the start
   * @param given build arguments of the client
   */
  public GlobalArguments(
      BuildFile file, Comments comments, Map<String, String> globals, Map<String, String> given) {
    this.lexer = new ShellLexer(file.escape());
    this.scope = new HashMap<>(globals);
    for (Located located : file.globals()) {
      ((Instruction.Arg) located.instruction())
          .declarations()
          .forEach(declaration -> scope.remove(declaration.name()));
    }
    for (Located located : file.globals()) {
      for (Declaration declaration : ((Instruction.Arg) located.instruction()).declarations()) {
        add(located, declaration, comments, given);
      }
    }
  }

  private void add(
      Located located, Declaration declaration, Comments comments, Map<String, String> given) {
    String name = declaration.name();
    Set<String> needed = new LinkedHashSet<>();
    String value = given.get(name);
    if (value == null && declaration.value().isPresent()) {
      Lookups lookups = new Lookups(scope);
      try {
        value = lexer.word(declaration.value().get(), lookups);
      } catch (SlipwayException _) {
        value = declaration.value().get(); // The conversion says the same as an error.
      }
      needed.addAll(lookups.matched());
      if (needed.remove(name)) {
        needed.addAll(needs.getOrDefault(name, Set.of()));
      }
    }
    if (value != null) {
      scope.put(name, value);
    }
    needs.put(name, needed);
    arguments.put(
        name,
        new Argument(
            name,
            comments.description(located.range(), name),
            value == null ? "" : value,
            located.range()));
  }

  /** Whether the name has a value. */
  boolean has(String name) {
    return scope.containsKey(name);
  }

  /** An argument and those that it needs. */
  Collection<Argument> used(String name) {
    Set<String> seen = new HashSet<>();
    List<Argument> found = new ArrayList<>();
    Deque<String> open = new ArrayDeque<>(List.of(name));
    while (!open.isEmpty()) {
      String next = open.pop();
      if (seen.add(next) && arguments.containsKey(next)) {
        found.add(arguments.get(next));
        open.addAll(needs.get(next));
      }
    }
    return found;
  }

  /** Those that the texts need. */
  Collection<Argument> usedBy(List<String> texts) {
    List<Argument> found = new ArrayList<>();
    for (String text : texts) {
      Lookups lookups = new Lookups(scope);
      try {
        lexer.word(text, lookups);
      } catch (SlipwayException _) {
        continue; // The conversion says the same as an error.
      }
      lookups.matched().forEach(name -> found.addAll(used(name)));
    }
    return found;
  }
}
