package dev.slipway.certificates;

import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Optional;

/**
 * The host name that stands for a worker in certificates, {@code <id>.worker.slipway.internal}.
 * Nobody resolves it: a worker has whatever addresses it has.
 */
public final class WorkerName {
  private static final String SUFFIX = ".worker.slipway.internal";

  /** In a certificate that all workers of a farm share: it stands for each of them. */
  public static final String ANY = "*" + SUFFIX;

  private WorkerName() {}

  public static String of(String workerId) {
    return workerId + SUFFIX;
  }

  /** Whether the certificate stands for that worker, alone or with all others. */
  public static boolean isFor(X509Certificate certificate, String workerId) {
    List<String> names = names(certificate);
    return names.contains(of(workerId)) || names.contains(ANY);
  }

  /** The one worker that the certificate is of; empty = it is no worker's, or that of all. */
  public static Optional<String> idIn(X509Certificate certificate) {
    List<String> ids =
        names(certificate).stream()
            .filter(name -> name.endsWith(SUFFIX) && !name.equals(ANY))
            .map(name -> name.substring(0, name.length() - SUFFIX.length()))
            .toList();
    return ids.size() == 1 ? Optional.of(ids.getFirst()) : Optional.empty();
  }

  private static List<String> names(X509Certificate certificate) {
    try {
      return Subject.hostsOf(certificate);
    } catch (CertificateParsingException _) {
      return List.of(); // names that cannot be read stand for nobody
    }
  }
}
