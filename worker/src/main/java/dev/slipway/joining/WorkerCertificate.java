package dev.slipway.joining;

import dev.slipway.certificates.Authority;
import dev.slipway.certificates.CoordinatorTrust;
import dev.slipway.certificates.FarmTls;
import dev.slipway.certificates.Identity;
import dev.slipway.certificates.IdentityFolder;
import dev.slipway.certificates.JoinSecret;
import dev.slipway.certificates.PemFiles;
import dev.slipway.certificates.Pin;
import dev.slipway.certificates.SigningRequest;
import dev.slipway.certificates.WorkerName;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import io.grpc.netty.NettyChannelBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This worker's certificate of the farm's own CA: got with a join token, kept on the disk, renewed
 * when two thirds of its life are over. Connections that are open go on through a renewal. A thread
 * of its own renews, by time that has passed and not by the clock, which may be wrong. @ThreadSafe
 */
public final class WorkerCertificate implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(WorkerCertificate.class);

  private static final Duration FIRST_PAUSE = Duration.ofMillis(200);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);

  /** Renewals come earlier by up to this part of the time until then. */
  private static final int EARLY_PART = 20;

  /** Tries of a renewal in the last third of a life: enough that a farm's restart costs none. */
  private static final int RENEWAL_TRIES = 30;

  /** How long the same refusal is not repeated in the log. */
  private static final Duration REPEAT = Duration.ofMinutes(1);

  private final Settings settings;
  private final InstantSource clock;
  private final IdentityFolder folder;
  private final Thread renewer =
      Thread.ofVirtual().name("worker-certificate").unstarted(this::renew);
  private volatile Supplier<List<String>> joined = List::of;
  private FarmTls tls;

  /** The key that the first certificate is asked for with, the same in all tries. */
  private final KeyPair firstKeys = Authority.newKeys();

  // Both belong to the thread that asks: first the caller's, then the renewer.
  private long gotAt;
  private Duration life = Duration.ZERO;

  /**
   * What it goes by.
   *
   * @param coordinators {@code host:port} of one or some
   * @param tokenFile read anew at each try
   * @param trust the farm's CA; empty = the token has its pin
   * @param folder where the certificate is kept
   */
  public record Settings(
      String workerId,
      List<String> coordinators,
      Path tokenFile,
      Optional<Path> trust,
      Path folder) {
    public Settings {
      coordinators = List.copyOf(coordinators);
    }
  }

  private WorkerCertificate(Settings settings, InstantSource clock) {
    this.settings = settings;
    this.clock = clock;
    this.folder = new IdentityFolder(settings.folder());
  }

  /**
   * Takes the certificate that is kept, or gets one, which may take until a coordinator answers and
   * wants this worker; then keeps it new until it is closed.
   */
  public static WorkerCertificate start(Settings settings, InstantSource clock)
      throws SlipwayException, InterruptedException {
    WorkerCertificate certificate = new WorkerCertificate(settings, clock);
    if (!certificate.takeKept()) {
      certificate.enrol();
    }
    certificate.tls = FarmTls.start(certificate.folder.files(), clock);
    certificate.renewer.start();
    return certificate;
  }

  public FarmTls tls() {
    return tls;
  }

  /** From now on coordinators are also asked that the worker has joined. */
  public void joined(Supplier<List<String>> coordinators) {
    joined = coordinators;
  }

  /** One of another CA than the worker was told of is not taken: the farm has changed its own. */
  private boolean takeKept() throws SlipwayException {
    if (!isOfThisFarm()) {
      return false;
    }
    Optional<Identity> kept =
        folder
            .read()
            .filter(identity -> WorkerName.isFor(identity.certificate(), settings.workerId()))
            .filter(identity -> identity.expires().isAfter(clock.instant()));
    kept.ifPresent(identity -> {
      Instant began = identity.certificate().getNotBefore().toInstant();
      life = Duration.between(began, identity.expires());
      gotAt = System.nanoTime() - Duration.between(began, clock.instant()).toNanos();
    });
    return kept.isPresent();
  }

  private boolean isOfThisFarm() throws SlipwayException {
    List<X509Certificate> kept = folder.authorities();
    if (settings.trust().isPresent()) {
      return kept.stream().anyMatch(PemFiles.certificates(settings.trust().get())::contains);
    }
    Optional<Pin> pin = JoinSecret.parse(read(settings.tokenFile())).pin();
    return kept.stream().anyMatch(authority -> pin.filter(Pin.of(authority)::equals).isPresent());
  }

  /** Asks with the token until there is a certificate. */
  private void enrol() throws InterruptedException {
    Refusals refusals =
        new Refusals("this worker has no certificate of the farm yet, it asks again");
    for (int failures = 0; ; failures++) {
      try {
        enrolOnce();
        return;
      } catch (SlipwayException e) {
        refusals.tell(e);
      }
      pause(failures);
    }
  }

  private void enrolOnce() throws SlipwayException, InterruptedException {
    JoinSecret secret = JoinSecret.parse(read(settings.tokenFile()));
    CoordinatorTrust trust = trust(secret);
    ask(
        settings.coordinators(),
        firstKeys,
        address ->
            SigningCall.send(
                FarmTls.dialAsStranger(trust, NettyChannelBuilder.forTarget(address)),
                secret.secret(),
                SigningRequest.make(settings.workerId(), firstKeys)));
    LOG.atInfo().addKeyValue("life", life).log("this worker got its certificate");
  }

  private CoordinatorTrust trust(JoinSecret secret) throws SlipwayException {
    if (settings.trust().isPresent()) {
      return CoordinatorTrust.by(PemFiles.certificates(settings.trust().get()), clock);
    }
    return CoordinatorTrust.by(
        secret
            .pin()
            .orElseThrow(() ->
                new SlipwayException(
                    ErrorKind.INVALID,
                    "the join token has no pin of the farm's CA and --farm-tlscacert names none:"
                        + " take a token of `slipway worker token`")),
        clock);
  }

  private static String read(Path file) throws SlipwayException {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new SlipwayException(
          ErrorKind.NOT_FOUND, "the join token file " + file + " cannot be read: " + e, e);
    }
  }

  private interface Asking {
    SigningCall.Signed at(String address) throws SlipwayException, InterruptedException;
  }

  /** Asks one coordinator after the other; the last one's refusal is told. */
  private void ask(Iterable<String> coordinators, KeyPair keys, Asking asking)
      throws SlipwayException, InterruptedException {
    List<String> failures = new ArrayList<>();
    ErrorKind kind = ErrorKind.UNAVAILABLE;
    for (String address : coordinators) {
      try {
        SigningCall.Signed signed = asking.at(address);
        folder.write(new Identity(keys.getPrivate(), signed.chain()), signed.authorities());
        gotAt = System.nanoTime();
        life = signed.life();
        return;
      } catch (SlipwayException e) {
        failures.add(address + ": " + e.getMessage());
        kind = e.kind() == ErrorKind.DENIED ? e.kind() : kind;
      }
    }
    throw new SlipwayException(kind, String.join("; ", failures));
  }

  private void renew() {
    try {
      while (true) {
        // A part of it to chance: workers that came together do not ask together.
        Duration due = life.multipliedBy(2).dividedBy(3);
        long early = ThreadLocalRandom.current().nextLong(due.toNanos() / EARLY_PART + 1);
        sleep(due.minusNanos(early).minus(age()));
        Refusals refusals =
            new Refusals("this worker's certificate was not renewed, it asks again");
        while (!renewOnce(refusals)) {
          Duration pause = life.dividedBy(3L * RENEWAL_TRIES);
          sleep(pause.compareTo(FIRST_PAUSE) < 0 ? FIRST_PAUSE : pause);
        }
      }
    } catch (InterruptedException _) {
      LOG.debug("the certificate is not renewed any more");
    }
  }

  private boolean renewOnce(Refusals refusals) throws InterruptedException {
    try {
      if (age().compareTo(life) >= 0) {
        LOG.atWarn()
            .log("this worker's certificate has ended; it asks for one with its join token");
        enrol();
        return true;
      }
      KeyPair keys = Authority.newKeys();
      Set<String> coordinators = new LinkedHashSet<>(joined.get());
      coordinators.addAll(settings.coordinators());
      ask(
          coordinators,
          keys,
          address ->
              SigningCall.send(
                  FarmTls.dial(Optional.of(tls), NettyChannelBuilder.forTarget(address)),
                  "",
                  SigningRequest.make(settings.workerId(), keys)));
      LOG.atInfo().addKeyValue("life", life).log("this worker's certificate was renewed");
      return true;
    } catch (SlipwayException e) {
      refusals.tell(e);
      return e.kind() == ErrorKind.DENIED && renewedByToken(refusals);
    }
  }

  /** A coordinator whose clock is ahead, or that has another CA now, does not take the old one. */
  private boolean renewedByToken(Refusals refusals) throws InterruptedException {
    try {
      enrolOnce();
      return true;
    } catch (SlipwayException e) {
      refusals.tell(e);
      return false;
    }
  }

  private Duration age() {
    return Duration.ofNanos(System.nanoTime() - gotAt);
  }

  private static void pause(int failures) throws InterruptedException {
    long pause =
        Math.min(FIRST_PAUSE.toMillis() << Math.min(failures, 10), LONGEST_PAUSE.toMillis());
    Thread.sleep(pause / 2 + ThreadLocalRandom.current().nextLong(pause / 2 + 1));
  }

  private static void sleep(Duration duration) throws InterruptedException {
    if (duration.isPositive()) {
      Thread.sleep(duration);
    }
  }

  @Override
  public void close() {
    renewer.interrupt();
    tls.close();
  }

  /** Tells why nothing came, and the same again only after a while. */
  private static final class Refusals {
    private final String message;
    private String last = "";
    private long toldAt;

    Refusals(String message) {
      this.message = message;
    }

    void tell(SlipwayException refusal) {
      String reason = String.valueOf(refusal.getMessage());
      if (reason.equals(last) && System.nanoTime() - toldAt < REPEAT.toNanos()) {
        return;
      }
      last = reason;
      toldAt = System.nanoTime();
      (refusal.kind() == ErrorKind.UNAVAILABLE ? LOG.atWarn() : LOG.atError())
          .addKeyValue("reason", reason)
          .log(message);
    }
  }
}
