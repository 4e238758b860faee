package dev.slipway.identity;

import dev.slipway.config.AccessSettings.Rule;
import dev.slipway.config.TenantSettings;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The rules of {@code [access]}, in their order; immutable. */
final class Rules {
  private static final Pattern PLACE = Pattern.compile("\\{([^{}]+)}");

  private final List<Compiled> rules;

  private record Compiled(Rule rule, Map<String, Glob> match) {
    static Compiled of(Rule rule) {
      Map<String, Glob> match = new HashMap<>();
      rule.match().forEach((fact, pattern) -> match.put(fact, new Glob(pattern)));
      return new Compiled(rule, match);
    }

    boolean fits(Facts facts) {
      return match.entrySet().stream()
          .allMatch(one -> facts.of(one.getKey()).stream().anyMatch(one.getValue()::fits));
    }
  }

  Rules(List<Rule> rules) {
    this.rules = rules.stream().map(Compiled::of).toList();
  }

  /**
   * Returns who that is by the first rule that fits; empty = by none.
   *
   * @throws SlipwayException DENIED when what the rule makes of it is no tenant
   */
  Optional<Principal> principal(Facts facts) throws SlipwayException {
    for (Compiled compiled : rules) {
      if (compiled.fits(facts)) {
        Rule rule = compiled.rule();
        // Names of organisations differ in case only where they mean the same one.
        String tenant = filled(rule.tenant(), facts).toLowerCase(Locale.ROOT);
        if (!TenantSettings.NAME.matcher(tenant).matches()) {
          throw new SlipwayException(
              ErrorKind.DENIED,
              facts.shown()
                  + " would be of tenant \""
                  + tenant
                  + "\", which is no name of one (1 to 64 of a-z, 0-9, '.', '_', '-'): name the tenant"
                  + " in its [[access.rule]]");
        }
        String name = rule.name().isEmpty() ? facts.shown() : filled(rule.name(), facts);
        return Optional.of(new Principal(name, tenant, rule.others(), rule.role()));
      }
    }
    return Optional.empty();
  }

  private static String filled(String template, Facts facts) throws SlipwayException {
    Matcher place = PLACE.matcher(template);
    StringBuilder text = new StringBuilder();
    while (place.find()) {
      List<String> values = facts.of(place.group(1));
      if (values.size() != 1) {
        throw new SlipwayException(
            ErrorKind.DENIED,
            facts.shown() + " has " + values.size() + " values of " + place.group(1) + ", not one");
      }
      place.appendReplacement(text, Matcher.quoteReplacement(values.getFirst()));
    }
    place.appendTail(text);
    return text.toString();
  }
}
