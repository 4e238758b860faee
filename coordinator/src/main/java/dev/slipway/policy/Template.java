package dev.slipway.policy;

import com.google.re2j.Matcher;

/**
 * Go's templates for what a pattern found: {@code $1}, {@code ${1}}, {@code $name}, {@code $$}. A
 * name is as long as it can be ({@code $1x} is the group 1x), and one that is no group is empty.
 * Go's regexp.Expand. Pure.
 */
final class Template {
  private Template() {}

  static String expand(String template, Matcher found) {
    StringBuilder result = new StringBuilder();
    int at = 0;
    while (at < template.length()) {
      char c = template.charAt(at);
      if (c != '$' || at + 1 == template.length()) {
        result.append(c);
        at++;
        continue;
      }
      if (template.charAt(at + 1) == '$') {
        result.append('$');
        at += 2;
        continue;
      }
      boolean braced = template.charAt(at + 1) == '{';
      int begin = braced ? at + 2 : at + 1;
      int end = begin;
      while (end < template.length() && isName(template.charAt(end))) {
        end++;
      }
      if (end == begin || braced && (end == template.length() || template.charAt(end) != '}')) {
        result.append(c);
        at++;
        continue;
      }
      result.append(group(template.substring(begin, end), found));
      at = braced ? end + 1 : end;
    }
    return result.toString();
  }

  private static boolean isName(char c) {
    return c == '_' || Character.isLetterOrDigit(c);
  }

  private static String group(String name, Matcher found) {
    boolean number = name.chars().allMatch(c -> c >= '0' && c <= '9');
    try {
      String value = number ? numbered(name, found) : found.group(name);
      return value == null ? "" : value;
    } catch (IllegalArgumentException e) {
      return ""; // no group of that name
    }
  }

  private static String numbered(String name, Matcher found) {
    int index = name.length() > 9 ? Integer.MAX_VALUE : Integer.parseInt(name);
    return index > found.groupCount() ? "" : found.group(index);
  }
}
