package dev.slipway.config;

import com.fasterxml.jackson.databind.JsonNode;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * {@code [access]}: who may use the farm, and as whom. The first rule that fits a client decides; a
 * client that none fits is refused.
 *
 * @param issuers whose signed tokens (JWT) are looked at, by the name that rules call them
 * @param tokens file of static tokens' digests
 * @param revoked file of certificates that the clients' CA has taken back
 * @param rules empty = everybody who gets a connection may do everything
 */
public record AccessSettings(
    Map<String, Issuer> issuers, Optional<Path> tokens, Optional<Path> revoked, List<Rule> rules) {
  public static final AccessSettings DEFAULT =
      new AccessSettings(Map.of(), Optional.empty(), Optional.empty(), List.of());

  /** What a client may do. */
  public enum Role {
    /** Everything: also prune, du, and what others built. */
    ADMIN,
    /** Build and push with the tenant's cache. */
    BUILDER,
    /** Build and push; the tenant's cache is read, what is made goes into one of its own. */
    READ_ONLY_CACHE;

    /** As configurations call it. */
    public String word() {
      return name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
    }
  }

  /**
   * Who signs tokens.
   *
   * @param issuer the claim {@code iss}, to the letter
   * @param keys where its keys are: an address, or a file that holds them
   * @param ca PEM file for an address that no public CA vouches for
   * @param audiences one of these has to be in the claim {@code aud}
   */
  public record Issuer(String issuer, Keys keys, Optional<Path> ca, List<String> audiences) {
    public Issuer {
      audiences = List.copyOf(audiences);
    }
  }

  /** Where a set of keys (JWKS, RFC 7517) is. */
  public sealed interface Keys {
    record At(URI address) implements Keys {}

    record In(Path file) implements Keys {}
  }

  /**
   * What a client must show, and what it is then.
   *
   * @param match patterns by the name of a fact; all must fit. A {@code *} stands for any text
   * @param tenant its own; {@code {fact}} stands for what the client showed
   * @param others tenants that its builds may name instead; {@code *} = any
   * @param name how logs call it; empty = what it showed
   */
  public record Rule(
      Map<String, String> match, String tenant, List<String> others, Role role, String name) {
    public Rule {
      match = Map.copyOf(match);
      others = List.copyOf(others);
    }
  }

  /** What a fact may be called besides {@code claim.…}. */
  private static final Set<String> FACTS =
      Set.of("subject", "cn", "san", "token", "issuer", "socket");

  public AccessSettings {
    issuers = Map.copyOf(issuers);
    rules = List.copyOf(rules);
  }

  /** Whether everybody who gets a connection may do everything. */
  public boolean isOpen() {
    return rules.isEmpty();
  }

  /** The same with another list of revoked certificates. */
  public AccessSettings withRevoked(Optional<Path> other) {
    return new AccessSettings(issuers, tokens, other, rules);
  }

  static AccessSettings read(TomlTable table) throws SlipwayException {
    Map<String, Issuer> issuers = new LinkedHashMap<>();
    for (Map.Entry<String, TomlTable> entry : table.tables("issuer").entrySet()) {
      issuers.put(entry.getKey(), issuer(entry.getValue()));
    }
    Optional<Path> tokens = table.text("tokens").map(Path::of);
    List<Rule> rules = new ArrayList<>();
    for (TomlTable rule : table.list("rule")) {
      rules.add(rule(rule, issuers.keySet()));
    }
    Optional<Path> revoked = table.text("revoked").map(Path::of);
    table.end();
    if (rules.isEmpty() && revoked.isEmpty()) {
      throw table.invalid(
          "rule", "there: without an [[access.rule]] nobody could tell who is let in");
    }
    return new AccessSettings(issuers, tokens, revoked, rules);
  }

  private static Issuer issuer(TomlTable table) throws SlipwayException {
    String issuer = table.text("issuer").orElseThrow(() -> table.invalid("issuer", "given"));
    Optional<String> address = table.text("jwks-url");
    Optional<String> file = table.text("jwks-file");
    if (address.isPresent() == file.isPresent()) {
      throw table.invalid("jwks-url", "given, or jwks-file, and not both");
    }
    Keys keys =
        file.isPresent()
            ? new Keys.In(Path.of(file.get()))
            : new Keys.At(secure(table, address.orElseThrow()));
    List<String> audiences = table.texts("audiences");
    if (audiences.isEmpty()) {
      throw table.invalid(
          "audiences", "a list of at least one text: a token made for somebody else is not for us");
    }
    Issuer read = new Issuer(issuer, keys, table.text("ca").map(Path::of), audiences);
    table.end();
    return read;
  }

  private static URI secure(TomlTable table, String text) throws SlipwayException {
    try {
      URI address = URI.create(text);
      if ("https".equals(address.getScheme()) && address.getHost() != null) {
        return address;
      }
      if ("http".equals(address.getScheme())
          && address.getHost() != null
          && FarmSettings.isLoopback(address.getHost())) {
        return address;
      }
    } catch (IllegalArgumentException e) {
      throw new SlipwayException(
          ErrorKind.INVALID, table.invalid("jwks-url", "an https address").getMessage(), e);
    }
    throw table.invalid("jwks-url", "an https address (http on loopback only)");
  }

  private static Rule rule(TomlTable table, Set<String> issuers) throws SlipwayException {
    Map<String, String> match = new LinkedHashMap<>();
    Optional<JsonNode> patterns = table.value("match");
    if (patterns.isEmpty() || !patterns.get().isObject() || patterns.get().isEmpty()) {
      throw table.invalid("match", "a table of at least one fact: { cn = \"ci-*\" }");
    }
    for (Map.Entry<String, JsonNode> entry : patterns.get().properties()) {
      if (!entry.getValue().isTextual() || entry.getValue().textValue().isEmpty()) {
        throw table.invalid("match.\"" + entry.getKey() + "\"", "a text");
      }
      match.put(entry.getKey(), entry.getValue().textValue());
    }
    check(table, match, issuers);
    Optional<String> word = table.text("role");
    Role role = Role.BUILDER;
    if (word.isPresent()) {
      role =
          java.util.Arrays.stream(Role.values())
              .filter(each -> each.word().equals(word.get()))
              .findFirst()
              .orElseThrow(() -> table.invalid("role", "admin, builder or read-only-cache"));
    }
    Rule rule =
        new Rule(
            match,
            table.text("tenant").orElse("default"),
            table.texts("other-tenants"),
            role,
            table.text("name").orElse(""));
    table.end();
    return rule;
  }

  /** A claim says nothing without its issuer: another one could write the same. */
  private static void check(TomlTable table, Map<String, String> match, Set<String> issuers)
      throws SlipwayException {
    for (String fact : match.keySet()) {
      boolean claim = fact.startsWith("claim.") && fact.length() > "claim.".length();
      if (!claim && !FACTS.contains(fact)) {
        throw table.invalid(
            "match.\"" + fact + "\"",
            "one of cn, san, subject (certificates), token (static tokens), issuer and claim.NAME"
                + " (signed tokens), socket");
      }
      if (claim && !match.containsKey("issuer")) {
        throw table.invalid("match", "with an issuer beside its claims");
      }
    }
    String issuer = match.get("issuer");
    if (issuer != null && !issuers.contains(issuer)) {
      throw table.invalid(
          "match.issuer", "the name of an [access.issuer.NAME], not \"" + issuer + "\"");
    }
  }
}
