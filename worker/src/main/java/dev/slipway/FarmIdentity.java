package dev.slipway;

import dev.slipway.certificates.FarmTls;
import dev.slipway.config.FarmSettings;
import dev.slipway.error.SlipwayException;
import dev.slipway.joining.WorkerCertificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** What this worker shows others: nothing, a certificate that it was given, or one that it gets. */
sealed interface FarmIdentity extends AutoCloseable {
  /** Empty = the farm has no TLS. */
  Optional<FarmTls> tls();

  /** From now on these coordinators are asked for the next certificate too. */
  default void joined(Supplier<List<String>> coordinators) {}

  @Override
  void close();

  /** Until the certificate ends, in seconds. */
  default double secondsLeft() {
    return tls()
        .map(shown -> (double) Duration.between(Instant.now(), shown.expires()).toSeconds())
        .orElse(Double.POSITIVE_INFINITY);
  }

  /** Made as the settings say; getting a certificate takes until a coordinator gives one. */
  static FarmIdentity of(WorkerProgram.Settings settings, String workerId)
      throws SlipwayException, InterruptedException {
    FarmSettings network = settings.network();
    if (network.tls().isPresent()) {
      return new Given(FarmTls.start(network.tls().get(), InstantSource.system()));
    }
    if (network.trust().isEmpty() && settings.joinToken().pin().isEmpty()) {
      return new None();
    }
    return new Enrolled(
        WorkerCertificate.start(
            new WorkerCertificate.Settings(
                workerId,
                settings.coordinators(),
                settings.joinTokenFile(),
                network.trust(),
                settings.root().resolve("certificate")),
            InstantSource.system()));
  }

  /** Plain text. */
  record None() implements FarmIdentity {
    @Override
    public Optional<FarmTls> tls() {
      return Optional.empty();
    }

    @Override
    public void close() {
      // Nothing is open.
    }
  }

  /** Files that somebody else renews. */
  record Given(FarmTls files) implements FarmIdentity {
    @Override
    public Optional<FarmTls> tls() {
      return Optional.of(files);
    }

    @Override
    public void close() {
      files.close();
    }
  }

  /** A certificate that the farm's CA made for this worker. */
  record Enrolled(WorkerCertificate certificate) implements FarmIdentity {
    @Override
    public Optional<FarmTls> tls() {
      return Optional.of(certificate.tls());
    }

    @Override
    public void joined(Supplier<List<String>> coordinators) {
      certificate.joined(coordinators);
    }

    @Override
    public void close() {
      certificate.close();
    }
  }
}
