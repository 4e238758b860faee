package dev.slipway.frontend.dockerfile.parser;

import com.fasterxml.jackson.databind.JsonNode;
import dev.slipway.error.SlipwayException;
import dev.slipway.oci.OciJson;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Cuts the arguments of a statement into words. */
public final class Words {
  private Words() {}

  /**
   * Splits at blanks outside quotes; quotes and escapes stay in the words. An open quote reaches to
   * the end.
   */
  public static List<String> split(String text, char escape) {
    List<String> words = new ArrayList<>();
    StringBuilder word = new StringBuilder();
    boolean inWord = false;
    char quote = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (quote == 0 && isBlank(c)) {
        if (inWord) {
          words.add(word.toString());
          word.setLength(0);
          inWord = false;
        }
        continue;
      }
      inWord = true;
      word.append(c);
      if (c == escape && quote != '\'' && i + 1 < text.length()) {
        word.append(text.charAt(++i));
      } else if (quote == 0 && (c == '"' || c == '\'')) {
        quote = c;
      } else if (c == quote) {
        quote = 0;
      }
    }
    if (inWord) {
      words.add(word.toString());
    }
    return words;
  }

  /**
   * Splits as a shell does, quotes and escapes stay in the words. Blanks after {@code <<} belong to
   * the word that opens a here-document. With an open quote there are no words at all.
   */
  static List<String> shellWords(String text) {
    List<String> words = new ArrayList<>();
    StringBuilder word = new StringBuilder();
    char quote = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (quote == 0 && isBlank(c)) {
        if (opensHeredoc(word)) {
          word.append(c);
        } else if (!word.isEmpty()) {
          words.add(word.toString());
          word.setLength(0);
        }
        continue;
      }
      word.append(c);
      if (c == '\\' && quote != '\'' && i + 1 < text.length()) {
        word.append(text.charAt(++i));
      } else if (quote == 0 && (c == '"' || c == '\'')) {
        quote = c;
      } else if (c == quote) {
        quote = 0;
      }
    }
    if (quote != 0) {
      return List.of();
    }
    if (!word.isEmpty()) {
      words.add(word.toString());
    }
    return words;
  }

  private static boolean opensHeredoc(StringBuilder word) {
    int end = word.length();
    while (end > 0 && isBlank(word.charAt(end - 1))) {
      end--;
    }
    return end >= 2 && word.charAt(end - 1) == '<' && word.charAt(end - 2) == '<';
  }

  /** Splits at blanks, whatever the quotes. */
  public static List<String> fields(String text) {
    List<String> fields = new ArrayList<>();
    for (String field : text.split("[ \\t\\n\\r\\f\\x0b]+")) {
      if (!field.isEmpty()) {
        fields.add(field);
      }
    }
    return fields;
  }

  /**
   * Reads the JSON form.
   *
   * @return empty when the text is no JSON array
   * @throws IllegalArgumentException when it is an array of something else than strings
   */
  public static Optional<List<String>> jsonArray(String text) {
    String trimmed = text.strip();
    if (!trimmed.startsWith("[")) {
      return Optional.empty();
    }
    JsonNode tree;
    try {
      tree = OciJson.tree(trimmed.getBytes(StandardCharsets.UTF_8));
    } catch (SlipwayException e) {
      return Optional.empty();
    }
    if (!tree.isArray()) {
      return Optional.empty();
    }
    List<String> values = new ArrayList<>(tree.size());
    for (JsonNode value : tree) {
      if (!value.isTextual()) {
        throw new IllegalArgumentException(
            "when using JSON array syntax, arrays must be comprised of strings only");
      }
      values.add(value.asText());
    }
    return Optional.of(List.copyOf(values));
  }

  static boolean isBlank(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\u000b';
  }
}
