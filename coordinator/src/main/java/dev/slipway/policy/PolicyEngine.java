package dev.slipway.policy;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.graph.Op;
import dev.slipway.policy.SourcePolicy.Rule;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Applies policies to one source after the other. Pure. */
final class PolicyEngine {
  /** Conversions of one source: what goes on longer goes in circles. */
  private static final int MOST_CONVERSIONS = 20;

  private PolicyEngine() {}

  /**
   * Returns the source that the policies make of it; after each conversion all of them look at it
   * again. Of ALLOW and DENY in one policy the last that fits holds.
   *
   * @throws SlipwayException DENIED {@code source "…" denied by policy: …}
   */
  static Op.Source evaluate(List<SourcePolicy> policies, Op.Source source) throws SlipwayException {
    Op.Source current = source;
    for (int conversions = 0; conversions <= MOST_CONVERSIONS; conversions++) {
      Optional<Op.Source> next = once(policies, current);
      if (next.isEmpty()) {
        return current;
      }
      current = next.get();
    }
    throw new SlipwayException(
        ErrorKind.INVALID, "too many mutations on a single source: too many operations");
  }

  private static Optional<Op.Source> once(List<SourcePolicy> policies, Op.Source source)
      throws SlipwayException {
    for (SourcePolicy policy : policies) {
      Optional<Op.Source> converted = once(policy, source);
      if (converted.isPresent()) {
        return converted;
      }
    }
    return Optional.empty();
  }

  private static Optional<Op.Source> once(SourcePolicy policy, Op.Source source)
      throws SlipwayException {
    boolean denied = false;
    for (Rule rule : policy.rules()) {
      if (!rule.selector().matches(source)) {
        continue;
      }
      switch (rule.action()) {
        case ALLOW -> denied = false;
        case DENY -> denied = true;
        case CONVERT -> {
          Op.Source converted = convert(rule, source);
          if (!converted.equals(source)) {
            return Optional.of(converted);
          }
        }
      }
    }
    if (denied) {
      throw new SlipwayException(
          ErrorKind.DENIED,
          "source \"" + source.identifier() + "\" denied by policy: source denied by policy");
    }
    return Optional.empty();
  }

  private static Op.Source convert(Rule rule, Op.Source source) throws SlipwayException {
    if (!rule.hasUpdate()) {
      throw SourcePolicy.invalid(
          "error mutating source policy: missing destination for convert rule");
    }
    String template = rule.updated().isEmpty() ? rule.selector().identifier() : rule.updated();
    String identifier = rule.selector().format(source.identifier(), template);
    Map<String, String> attributes = new HashMap<>(source.attributes());
    attributes.putAll(rule.updatedAttributes());
    return new Op.Source(identifier.isEmpty() ? source.identifier() : identifier, attributes);
  }
}
