package dev.slipway;

import dev.slipway.certificates.Authority;
import dev.slipway.certificates.FarmTls;
import dev.slipway.certificates.Pin;
import dev.slipway.config.FarmCa;
import dev.slipway.config.FarmSettings;
import dev.slipway.enrolment.AdminServer;
import dev.slipway.enrolment.EnrolmentService;
import dev.slipway.enrolment.JoinTokens;
import dev.slipway.enrolment.Register;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.fleet.Fleet;
import io.grpc.ServerServiceDefinition;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.Optional;
import java.util.function.Supplier;

/** How workers get in and are put out: the parts of it, as the settings want them. */
final class WorkerAdmission implements AutoCloseable {
  private final Optional<ServerServiceDefinition> enrolment;
  private final AdminServer admin;

  private WorkerAdmission(Optional<ServerServiceDefinition> enrolment, AdminServer admin) {
    this.enrolment = enrolment;
    this.admin = admin;
  }

  /** Refuses settings that a coordinator cannot go by. */
  static void check(FarmSettings network) throws SlipwayException {
    if (network.tls().isEmpty() && (network.trust().isPresent() || network.ca().isPresent())) {
      throw new SlipwayException(
          ErrorKind.INVALID,
          "a coordinator of a farm with TLS needs a certificate and its key of its own"
              + " (farm.tls.cert and .key, --farm-tlscert and --farm-tlskey) besides the CA");
    }
  }

  /**
   * Starts what administrators call, and makes what workers call if the farm has a CA.
   *
   * @param joinToken of the farm
   * @param refusal why no certificate may be made just now
   * @param state folder of this coordinator
   */
  static WorkerAdmission start(
      FarmSettings network,
      Optional<FarmTls> tls,
      String joinToken,
      Register register,
      Fleet fleet,
      Supplier<Optional<String>> refusal,
      Path state,
      Clock clock)
      throws SlipwayException, InterruptedException {
    Optional<ServerServiceDefinition> enrolment = Optional.empty();
    Optional<JoinTokens> tokens = Optional.empty();
    if (tls.isPresent() && network.ca().isPresent()) {
      FarmCa ca = network.ca().get();
      Authority authority = Authority.read(ca.cert(), ca.key(), clock);
      if (!tls.get().authorities().contains(authority.certificate())) {
        throw new SlipwayException(
            ErrorKind.INVALID,
            "the CA "
                + ca.cert()
                + " is not one that the farm's processes trust ("
                + network.tls().get().ca().get()
                + "): workers with its certificates would not be let in");
      }
      tokens =
          Optional.of(
              new JoinTokens(
                  register,
                  ca.sharedToken() ? Optional.of(joinToken) : Optional.empty(),
                  Pin.of(authority.certificate()),
                  new SecureRandom(),
                  clock));
      enrolment =
          Optional.of(
              EnrolmentService.of(
                  new EnrolmentService.Parts(
                      authority, ca.life(), register, tokens.get(), refusal, clock)));
    }
    AdminServer admin =
        AdminServer.start(
            new AdminServer.Parts(register, tokens, fleet), state.resolve("admin.sock"));
    return new WorkerAdmission(enrolment, admin);
  }

  /** The service for workers without a certificate; empty = the farm makes none. */
  Optional<ServerServiceDefinition> enrolment() {
    return enrolment;
  }

  @Override
  public void close() {
    admin.close();
  }
}
