package dev.slipway.policy;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import dev.slipway.error.SlipwayException;
import dev.slipway.graph.Op;
import java.util.List;
import java.util.Optional;

/**
 * Which sources a rule is for. Patterns are RE2's, as in Go: matching takes time linear in the
 * text, whoever wrote them.
 *
 * @param identifier text or pattern
 * @param constraints all of which have to hold for the attributes
 */
public record Selector(String identifier, Kind kind, List<Constraint> constraints) {
  public Selector {
    constraints = List.copyOf(constraints);
  }

  /** How the identifier is compared. */
  public enum Kind {
    WILDCARD,
    EXACT,
    REGEX
  }

  /** How an attribute is compared. */
  public enum Condition {
    EQUAL,
    NOT_EQUAL,
    MATCHES
  }

  /** A condition on one attribute; one that is not there is empty. */
  public record Constraint(String key, String value, Condition condition) {
    boolean holds(String attribute) throws SlipwayException {
      return switch (condition) {
        case EQUAL -> attribute.equals(value);
        case NOT_EQUAL -> !attribute.equals(value);
        case MATCHES -> compile(value).matcher(attribute).find();
      };
    }
  }

  /** Whether the rule is for the source. @throws SlipwayException INVALID when a pattern is none */
  boolean matches(Op.Source source) throws SlipwayException {
    for (Constraint constraint : constraints) {
      if (!constraint.holds(source.attributes().getOrDefault(constraint.key(), ""))) {
        return false;
      }
    }
    if (identifier.equals(source.identifier())) {
      return true;
    }
    Optional<Pattern> pattern = pattern();
    return pattern.isPresent() && pattern.get().matcher(source.identifier()).find();
  }

  /** The source's new identifier, with what the pattern found in place of {@code $1}. */
  String format(String matched, String template) throws SlipwayException {
    return switch (kind) {
      case EXACT -> template;
      case REGEX -> replaced(compile(identifier).matcher(matched), matched, template);
      case WILDCARD -> {
        Matcher matcher = pattern().orElseThrow().matcher(matched);
        yield matcher.find() ? Template.expand(template, matcher) : matched;
      }
    };
  }

  private static String replaced(Matcher matcher, String text, String template) {
    StringBuilder result = new StringBuilder();
    int end = 0;
    while (matcher.find()) {
      result.append(text, end, matcher.start()).append(Template.expand(template, matcher));
      end = matcher.end();
    }
    return result.append(text.substring(end)).toString();
  }

  private Optional<Pattern> pattern() throws SlipwayException {
    return switch (kind) {
      case EXACT -> Optional.empty();
      case REGEX -> Optional.of(compile(identifier));
      case WILDCARD -> {
        if (identifier.contains("**")) {
          throw SourcePolicy.invalid(
              "failed to translate wildcard \""
                  + identifier
                  + "\" to regexp: invalid wildcard: \"**\"");
        }
        yield Optional.of(compile("^" + Pattern.quote(identifier).replace("\\*", "(.*)") + "$"));
      }
    };
  }

  private static Pattern compile(String pattern) throws SlipwayException {
    try {
      return Pattern.compile(pattern);
    } catch (PatternSyntaxException e) {
      throw SourcePolicy.invalid("invalid regex \"" + pattern + "\": " + e.getMessage());
    }
  }
}
