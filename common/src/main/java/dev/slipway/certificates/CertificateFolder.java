package dev.slipway.certificates;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The folder that {@code slipway certs} keeps: {@code ca.pem}, {@code ca-key.pem}, and a folder
 * with {@code cert.pem} and {@code key.pem} for the endpoint and for each client. Nothing in it is
 * overwritten but the endpoint's pair by {@link #renewServer}.
 */
public final class CertificateFolder {
  /** A CA is changed when everybody has to be told. */
  private static final Duration CA_LIFE = Duration.ofDays(3650);

  /** Longest that clients in general accept of a server's certificate. */
  private static final Duration LIFE = Duration.ofDays(397);

  private static final String SERVER = "server";
  private static final String COORDINATOR = "coordinator";
  private static final String WORKER = "worker";
  private static final String FIRST_CLIENT = "client";

  /** Where the endpoint is reached on its own machine. */
  private static final List<String> LOCAL_HOSTS = List.of("localhost", "127.0.0.1", "::1");

  private final Path folder;
  private final InstantSource clock;

  public CertificateFolder(Path folder, InstantSource clock) {
    this.folder = folder;
    this.clock = clock;
  }

  /**
   * Makes the CA, the endpoint's certificate and a first client's.
   *
   * @param hosts names and addresses of the endpoint besides those of its own machine
   * @throws SlipwayException CONFLICT when one of the files is there
   */
  public void init(Collection<String> hosts) throws SlipwayException {
    List<String> all = new ArrayList<>(LOCAL_HOSTS);
    all.addAll(hosts);
    List<String> names = Subject.checkHosts(all);
    for (Path file : List.of(ca(), caKey(), folder.resolve(SERVER), folder.resolve(FIRST_CLIENT))) {
      refuseToOverwrite(file);
    }
    try {
      openFolder(folder);
      Authority authority = Authority.create("Slipway CA", CA_LIFE, clock);
      authority.write(ca(), caKey());
      PemFiles.write(revoked(), authority.revoke(Optional.empty(), Optional.empty()));
      write(SERVER, authority.issue(server(names)));
      write(FIRST_CLIENT, authority.issue(client(FIRST_CLIENT)));
    } catch (IOException e) {
      throw failed(e);
    }
  }

  /**
   * Makes the certificates of a farm's own processes: a CA, one for all coordinators, and one for
   * all workers that are not to get their own.
   */
  public void initFarm() throws SlipwayException {
    for (Path file : List.of(ca(), caKey(), folder.resolve(COORDINATOR), folder.resolve(WORKER))) {
      refuseToOverwrite(file);
    }
    try {
      openFolder(folder);
      Authority authority = Authority.create("Slipway farm CA", CA_LIFE, clock);
      authority.write(ca(), caKey());
      Set<Use> both = Set.of(Use.SERVER, Use.CLIENT);
      write(
          COORDINATOR,
          authority.issue(new Subject("coordinator", List.of(FarmTls.COORDINATOR), both, LIFE)));
      write(WORKER, authority.issue(new Subject("worker", List.of(WorkerName.ANY), both, LIFE)));
    } catch (IOException e) {
      throw failed(e);
    }
  }

  /** Makes one more client's certificate; returns its folder. */
  public Path addClient(String name) throws SlipwayException {
    String checked = Subject.checkName(name);
    String target = FIRST_CLIENT + "-" + checked.replace(' ', '-');
    refuseToOverwrite(folder.resolve(target));
    try {
      return write(target, authority().issue(client(checked)));
    } catch (IOException e) {
      throw failed(e);
    }
  }

  /**
   * Takes the certificate of a client back: it goes on the list {@code crl.pem}.
   *
   * @param name as for {@link #addClient}; {@code client} = the first one's
   */
  public void revokeClient(String name) throws SlipwayException {
    String checked = Subject.checkName(name);
    Path pair =
        folder.resolve(
            checked.equals(FIRST_CLIENT)
                ? FIRST_CLIENT
                : FIRST_CLIENT + "-" + checked.replace(' ', '-'));
    X509Certificate certificate = PemFiles.certificates(pair.resolve("cert.pem")).getFirst();
    Authority authority = authority();
    Optional<X509CRL> before =
        Files.exists(revoked())
            ? Optional.of(RevocationList.read(revoked(), List.of(authority.certificate())))
            : Optional.empty();
    try {
      PemFiles.write(revoked(), authority.revoke(before, Optional.of(certificate)));
    } catch (IOException e) {
      throw failed(e);
    }
  }

  private Path revoked() {
    return folder.resolve("crl.pem");
  }

  /**
   * Gives the endpoint a new key and certificate; who may read the files stays.
   *
   * @param hosts as for {@link #init}; empty = those of the old one
   */
  public void renewServer(Collection<String> hosts) throws SlipwayException {
    Path cert = folder.resolve(SERVER).resolve("cert.pem");
    try {
      List<String> names = new ArrayList<>(hosts.isEmpty() ? List.of() : LOCAL_HOSTS);
      names.addAll(
          hosts.isEmpty() ? Subject.hostsOf(PemFiles.certificates(cert).getFirst()) : hosts);
      PemFiles.replace(
          cert,
          cert.resolveSibling("key.pem"),
          authority().issue(server(Subject.checkHosts(names))));
    } catch (CertificateParsingException e) {
      throw new SlipwayException(
          ErrorKind.INVALID, "the hosts in " + cert + " cannot be read: " + e.getMessage(), e);
    } catch (IOException e) {
      throw failed(e);
    }
  }

  private static Subject server(List<String> hosts) {
    return new Subject("slipway endpoint", hosts, Set.of(Use.SERVER), LIFE);
  }

  private static Subject client(String name) {
    return new Subject(name, List.of(), Set.of(Use.CLIENT), LIFE);
  }

  private Authority authority() throws SlipwayException {
    if (!Files.exists(caKey())) {
      throw new SlipwayException(
          ErrorKind.NOT_FOUND,
          "there is no CA in " + folder + " (ca-key.pem); make one with: slipway certs init");
    }
    return Authority.read(ca(), caKey(), clock);
  }

  private Path ca() {
    return folder.resolve("ca.pem");
  }

  private Path caKey() {
    return folder.resolve("ca-key.pem");
  }

  private Path write(String name, Identity identity) throws IOException {
    Path target = folder.resolve(name);
    openFolder(target);
    PemFiles.write(target.resolve("key.pem"), identity.key());
    PemFiles.write(target.resolve("cert.pem"), identity.chain());
    return target;
  }

  /** The farm's user passes through; the keys inside are closed. */
  private static void openFolder(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      Files.createDirectories(folder);
      Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
  }

  private static void refuseToOverwrite(Path file) throws SlipwayException {
    if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
      throw new SlipwayException(
          ErrorKind.CONFLICT,
          file + " exists and is left as it is: choose another folder or name, or remove it first");
    }
  }

  private SlipwayException failed(IOException e) {
    return new SlipwayException(
        ErrorKind.INTERNAL, "writing certificates to " + folder + " failed: " + e, e);
  }
}
