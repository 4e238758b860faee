package dev.slipway.frontend.dockerfile.shell;

import java.util.AbstractMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/** Variables that remember which of them an expansion asked for. Confined to one thread. */
public final class Lookups extends AbstractMap<String, String> {
  private final Map<String, String> variables;
  private final Set<String> matched = new LinkedHashSet<>();
  private final Set<String> unmatched = new LinkedHashSet<>();

  public Lookups(Map<String, String> variables) {
    this.variables = variables;
  }

  @Override
  public String get(Object name) {
    String value = variables.get(name);
    (value == null ? unmatched : matched).add((String) name);
    return value;
  }

  @Override
  public boolean containsKey(Object name) {
    return get(name) != null;
  }

  @Override
  public Set<Entry<String, String>> entrySet() {
    return variables.entrySet();
  }

  /** Names that have a value, in the order asked for. */
  public Set<String> matched() {
    return matched;
  }

  /** Names that have none, in the order asked for. */
  public Set<String> unmatched() {
    return unmatched;
  }
}
