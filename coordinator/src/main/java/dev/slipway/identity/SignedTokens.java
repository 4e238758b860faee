package dev.slipway.identity;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.KeySourceException;
import com.nimbusds.jose.jwk.source.JWKSource;
import com.nimbusds.jose.proc.BadJOSEException;
import com.nimbusds.jose.proc.JWSVerificationKeySelector;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.JWTParser;
import com.nimbusds.jwt.SignedJWT;
import com.nimbusds.jwt.proc.DefaultJWTClaimsVerifier;
import com.nimbusds.jwt.proc.DefaultJWTProcessor;
import dev.slipway.config.AccessSettings.Issuer;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import java.text.ParseException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Date;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Tokens that an OpenID Connect provider signed (JWT, RFC 7519): GitHub Actions, GitLab, service
 * accounts of Kubernetes. Signature, issuer, audience and time are checked; the facts are the
 * issuer's name here and every claim as {@code claim.NAME}, those of nested objects with dots.
 * Blocks while keys are fetched. @ThreadSafe
 */
final class SignedTokens {
  /** Only with keys of two halves: a shared secret could be anybody's. */
  private static final Set<JWSAlgorithm> ALGORITHMS;

  static {
    Set<JWSAlgorithm> algorithms = new HashSet<>(JWSAlgorithm.Family.SIGNATURE);
    algorithms.remove(JWSAlgorithm.EdDSA); // needs a library more, and nobody signs so
    algorithms.remove(JWSAlgorithm.Ed25519);
    ALGORITHMS = Set.copyOf(algorithms);
  }

  private static final int MAX_CLAIMS = 200;
  private static final int MAX_DEPTH = 4;

  private final Map<String, Known> byIssuer = new HashMap<>();

  private record Known(
      String name, Issuer settings, DefaultJWTProcessor<SecurityContext> processor) {}

  /**
   * @param clock what tells whether a token has ended
   * @throws SlipwayException INVALID when two have the same issuer, or keys cannot be read
   */
  SignedTokens(Map<String, Issuer> issuers, InstantSource clock) throws SlipwayException {
    for (Map.Entry<String, Issuer> entry : issuers.entrySet()) {
      Known known = new Known(entry.getKey(), entry.getValue(), processor(entry.getValue(), clock));
      if (byIssuer.put(entry.getValue().issuer(), known) != null) {
        throw new SlipwayException(
            ErrorKind.INVALID,
            "two of [access.issuer] have the same issuer " + entry.getValue().issuer());
      }
    }
  }

  private static DefaultJWTProcessor<SecurityContext> processor(Issuer issuer, InstantSource clock)
      throws SlipwayException {
    JWKSource<SecurityContext> keys = IssuerKeys.of(issuer, clock);
    DefaultJWTProcessor<SecurityContext> processor = new DefaultJWTProcessor<>();
    processor.setJWSKeySelector(new JWSVerificationKeySelector<>(ALGORITHMS, keys));
    processor.setJWTClaimsSetVerifier(
        new DefaultJWTClaimsVerifier<>(
            Set.copyOf(issuer.audiences()),
            new JWTClaimsSet.Builder().issuer(issuer.issuer()).build(),
            Set.of("exp", "sub"),
            Set.of()) {
          @Override
          protected Date currentTime() {
            return Date.from(clock.instant());
          }
        });
    return processor;
  }

  /** Whether the text is such a token at all. */
  static boolean isOne(String text) {
    return text.startsWith("eyJ") && text.chars().filter(letter -> letter == '.').count() == 2;
  }

  /**
   * Returns what a token says, and when it ends.
   *
   * @throws SlipwayException DENIED with the reason; UNAVAILABLE when the issuer's keys are out of
   *     reach
   */
  Verified verify(String token) throws SlipwayException {
    try {
      if (!(JWTParser.parse(token) instanceof SignedJWT jwt)) {
        throw denied("the token is not signed");
      }
      String issuer = String.valueOf(jwt.getJWTClaimsSet().getIssuer());
      Known known = byIssuer.get(issuer);
      if (known == null) {
        throw denied("the token is of issuer " + issuer + ", whom the farm does not know");
      }
      JWTClaimsSet claims = process(jwt, known);
      return new Verified(facts(known.name(), claims), claims.getExpirationTime());
    } catch (ParseException e) {
      throw new SlipwayException(ErrorKind.DENIED, "the token is malformed: " + e.getMessage(), e);
    } catch (KeySourceException e) {
      throw new SlipwayException(
          ErrorKind.UNAVAILABLE,
          "the keys of the token's issuer cannot be had, so the token cannot be checked: "
              + e.getMessage(),
          e);
    } catch (JOSEException e) {
      throw new SlipwayException(
          ErrorKind.DENIED, "the token cannot be checked: " + e.getMessage(), e);
    }
  }

  private static JWTClaimsSet process(SignedJWT jwt, Known known)
      throws SlipwayException, JOSEException {
    try {
      return known.processor().process(jwt, null);
    } catch (BadJOSEException e) {
      throw new SlipwayException(
          ErrorKind.DENIED,
          "the token is not accepted: "
              + e.getMessage()
              + " (wanted of "
              + known.settings().issuer()
              + ": exp, sub, and an audience of "
              + String.join(", ", known.settings().audiences())
              + ")",
          e);
    }
  }

  /** What a token says, and when it ends. */
  record Verified(Facts facts, Date expires) {}

  private static Facts facts(String issuer, JWTClaimsSet claims) throws SlipwayException {
    Map<String, List<String>> facts = new HashMap<>();
    facts.put("issuer", List.of(issuer));
    add(facts, "claim", claims.getClaims(), MAX_DEPTH);
    return new Facts(issuer + " " + claims.getSubject(), facts);
  }

  private static void add(Map<String, List<String>> facts, String name, Object value, int depth)
      throws SlipwayException {
    if (facts.size() > MAX_CLAIMS || depth < 0) {
      throw denied("the token has more claims, or deeper ones, than anybody needs");
    }
    switch (value) {
      case null -> {}
      case Map<?, ?> object -> {
        for (Map.Entry<?, ?> entry : object.entrySet()) {
          add(facts, name + "." + entry.getKey(), entry.getValue(), depth - 1);
        }
      }
      case List<?> list -> {
        List<String> texts = new ArrayList<>();
        list.stream()
            .filter(item -> item instanceof String || item instanceof Number)
            .forEach(item -> texts.add(item.toString()));
        facts.put(name, List.copyOf(texts));
      }
      default -> facts.put(name, List.of(value.toString()));
    }
  }

  private static SlipwayException denied(String why) {
    return new SlipwayException(ErrorKind.DENIED, why);
  }
}
