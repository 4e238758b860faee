package dev.slipway.certificates;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.util.IPAddress;

/**
 * What a certificate is to say.
 *
 * @param name common name
 * @param hosts names and addresses that it stands for
 * @param life how long it is valid
 */
public record Subject(String name, List<String> hosts, Set<Use> uses, Duration life) {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._ -]{0,63}");
  private static final Pattern HOST =
      Pattern.compile("(?:\\*\\.)?[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,251}[A-Za-z0-9])?");

  /** Of general names in a certificate (RFC 5280): a host's, and an address. */
  private static final int DNS_NAME = 2;

  private static final int IP_ADDRESS = 7;

  public Subject {
    hosts = List.copyOf(hosts);
    uses = Set.copyOf(uses);
  }

  /** Checks a name that somebody gave. */
  public static String checkName(String name) throws SlipwayException {
    if (!NAME.matcher(name).matches()) {
      throw new SlipwayException(
          ErrorKind.INVALID,
          "\"" + name + "\" is no name for a certificate: 1 to 64 of A-Z a-z 0-9 . _ - and blanks");
    }
    return name;
  }

  /** Checks host names and addresses that somebody gave; each is kept once. */
  public static List<String> checkHosts(Collection<String> hosts) throws SlipwayException {
    for (String host : hosts) {
      if (!IPAddress.isValid(host) && !HOST.matcher(host).matches()) {
        throw new SlipwayException(
            ErrorKind.INVALID,
            "\""
                + host
                + "\" is neither a host name nor an address (without a port): farm.example.com, *.example.com, 10.0.0.7");
      }
    }
    return List.copyOf(new LinkedHashSet<>(hosts));
  }

  /** The hosts that a certificate stands for. */
  static List<String> hostsOf(X509Certificate certificate) throws CertificateParsingException {
    Collection<List<?>> names = certificate.getSubjectAlternativeNames();
    return names == null
        ? List.of()
        : names.stream()
            .filter(name -> name.get(0).equals(DNS_NAME) || name.get(0).equals(IP_ADDRESS))
            .map(name -> (String) name.get(1))
            .toList();
  }

  GeneralName[] names() {
    return hosts.stream()
        .map(host ->
            new GeneralName(
                IPAddress.isValid(host) ? GeneralName.iPAddress : GeneralName.dNSName, host))
        .toArray(GeneralName[]::new);
  }
}
