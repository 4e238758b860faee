package dev.slipway.identity;

import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.Rdn;

/**
 * What a client's certificate says: {@code subject} (RFC 2253), {@code cn} and {@code san} (DNS
 * names, addresses, e-mail addresses, URIs).
 */
final class CertificateFacts {
  private CertificateFacts() {}

  static Facts of(X509Certificate certificate) {
    String subject = certificate.getSubjectX500Principal().getName();
    Map<String, List<String>> facts = new HashMap<>();
    facts.put("subject", List.of(subject));
    facts.put("cn", commonNames(subject));
    facts.put("san", alternativeNames(certificate));
    return new Facts(subject, facts);
  }

  private static List<String> commonNames(String subject) {
    List<String> names = new ArrayList<>();
    try {
      for (Rdn part : new LdapName(subject).getRdns()) {
        if (part.getType().equalsIgnoreCase("CN")) {
          names.add(String.valueOf(part.getValue()));
        }
      }
    } catch (InvalidNameException _) {
      return List.of(); // no rule fits a name that is none
    }
    return names;
  }

  /** Those that are texts; names of other kinds come as bytes. */
  private static List<String> alternativeNames(X509Certificate certificate) {
    try {
      Collection<List<?>> names = certificate.getSubjectAlternativeNames();
      return names == null
          ? List.of()
          : names.stream()
              .map(name -> name.get(1))
              .filter(String.class::isInstance)
              .map(String.class::cast)
              .toList();
    } catch (CertificateParsingException _) {
      return List.of(); // as above
    }
  }
}
