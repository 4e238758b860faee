package dev.slipway.policy;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.protocol.buildkit.policy.AttrConstraint;
import dev.slipway.protocol.buildkit.policy.Policy;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Rules in order. Immutable. */
public record SourcePolicy(List<Rule> rules) {
  /** Rules of one policy; each is a pattern that every source is matched against. */
  private static final int MOST_RULES = 10_000;

  public SourcePolicy {
    rules = List.copyOf(rules);
  }

  /** What happens to a source that fits. */
  public enum Action {
    ALLOW,
    DENY,
    CONVERT
  }

  /**
   * A rule.
   *
   * @param updated what CONVERT makes of the source; empty identifier = the selector's own
   * @param hasUpdate whether the rule says so at all
   */
  public record Rule(
      Action action,
      Selector selector,
      boolean hasUpdate,
      String updated,
      Map<String, String> updatedAttributes) {
    public Rule {
      updatedAttributes = Map.copyOf(updatedAttributes);
    }
  }

  /** Reads the wire form. @throws SlipwayException INVALID in BuildKit's words */
  public static SourcePolicy of(Policy wire) throws SlipwayException {
    if (wire.getRulesCount() > MOST_RULES) {
      throw new SlipwayException(
          ErrorKind.EXHAUSTED, "a source policy has more than " + MOST_RULES + " rules");
    }
    List<Rule> rules = new ArrayList<>();
    for (dev.slipway.protocol.buildkit.policy.Rule rule : wire.getRulesList()) {
      if (!rule.hasSelector()) {
        throw invalid("invalid nil selector in policy");
      }
      rules.add(
          new Rule(
              switch (rule.getAction()) {
                case ALLOW -> Action.ALLOW;
                case DENY -> Action.DENY;
                case CONVERT -> Action.CONVERT;
                case UNRECOGNIZED ->
                    throw invalid(
                        "source policy: rule "
                            + rule.getActionValue()
                            + " "
                            + rule.getSelector().getIdentifier()
                            + ": unknown type");
              },
              selector(rule.getSelector()),
              rule.hasUpdates(),
              rule.getUpdates().getIdentifier(),
              rule.getUpdates().getAttrsMap()));
    }
    return new SourcePolicy(rules);
  }

  private static Selector selector(dev.slipway.protocol.buildkit.policy.Selector wire)
      throws SlipwayException {
    List<Selector.Constraint> constraints = new ArrayList<>();
    for (AttrConstraint each : wire.getConstraintsList()) {
      constraints.add(
          new Selector.Constraint(
              each.getKey(),
              each.getValue(),
              switch (each.getCondition()) {
                case EQUAL -> Selector.Condition.EQUAL;
                case NOTEQUAL -> Selector.Condition.NOT_EQUAL;
                case MATCHES -> Selector.Condition.MATCHES;
                case UNRECOGNIZED ->
                    throw invalid("unknown attr condition: " + each.getConditionValue());
              }));
    }
    return new Selector(
        wire.getIdentifier(),
        switch (wire.getMatchType()) {
          case WILDCARD -> Selector.Kind.WILDCARD;
          case EXACT -> Selector.Kind.EXACT;
          case REGEX -> Selector.Kind.REGEX;
          case UNRECOGNIZED -> throw invalid("unknown match type: " + wire.getMatchTypeValue());
        },
        constraints);
  }

  static SlipwayException invalid(String message) {
    return new SlipwayException(ErrorKind.INVALID, message);
  }
}
