package dev.slipway.frontend.dockerfile.instruction;

import java.util.ArrayList;
import java.util.List;

/** One record of comma separated fields; a field may be double-quoted, a doubled quote is one. */
public final class CsvRecord {
  private CsvRecord() {}

  /**
   * Splits the text into its fields, quotes taken off.
   *
   * @throws IllegalArgumentException when a quote stands where none may
   */
  public static List<String> fields(String text) {
    List<String> fields = new ArrayList<>();
    StringBuilder field = new StringBuilder();
    boolean quoted = false;
    boolean closed = false;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (quoted) {
        if (c != '"') {
          field.append(c);
        } else if (i + 1 < text.length() && text.charAt(i + 1) == '"') {
          field.append(c);
          i++;
        } else {
          quoted = false;
          closed = true;
        }
      } else if (c == ',') {
        fields.add(field.toString());
        field.setLength(0);
        closed = false;
      } else if (closed) {
        throw error(i, "extraneous or missing \" in quoted-field");
      } else if (c == '"' && field.isEmpty()) {
        quoted = true;
      } else if (c == '"') {
        throw error(i, "bare \" in non-quoted-field");
      } else {
        field.append(c);
      }
    }
    if (quoted) {
      throw error(text.length(), "extraneous or missing \" in quoted-field");
    }
    fields.add(field.toString());
    return fields;
  }

  private static IllegalArgumentException error(int at, String what) {
    return new IllegalArgumentException("parse error on line 1, column " + (at + 1) + ": " + what);
  }
}
