package dev.slipway.config;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * {@code [farm]}: how the farm's processes reach each other.
 *
 * @param tls certificate, key and CA that coordinators and workers show each other; empty = plain
 *     text, or a worker that gets its certificate when it joins
 * @param trust CA of the farm, of a worker that has no certificate yet
 * @param ca with which coordinators make certificates for workers; empty = they make none
 * @param insecure whether ports without TLS may be open to other machines
 */
public record FarmSettings(
    Optional<TlsFiles> tls, Optional<Path> trust, Optional<FarmCa> ca, boolean insecure) {
  public static final FarmSettings DEFAULT =
      new FarmSettings(Optional.empty(), Optional.empty(), Optional.empty(), false);

  public FarmSettings {
    if (tls.isPresent() && tls.get().ca().isEmpty()) {
      throw new IllegalArgumentException("the farm's TLS needs a CA");
    }
  }

  static FarmSettings read(TomlTable table) throws SlipwayException {
    Optional<TlsFiles> tls = Optional.empty();
    Optional<Path> trust = Optional.empty();
    Optional<TomlTable> files = table.table("tls");
    if (files.isPresent()) {
      trust = files.get().text("ca").map(Path::of);
      if (files.get().text("cert").isPresent() || files.get().text("key").isPresent()) {
        tls = Optional.of(withCa(TlsFiles.read(files.get(), "farm.tls"), "farm.tls"));
      }
      files.get().end();
    }
    Optional<TomlTable> authority = table.table("ca");
    Optional<FarmCa> ca =
        authority.isPresent() ? Optional.of(FarmCa.read(authority.get())) : Optional.empty();
    FarmSettings settings =
        new FarmSettings(tls, trust, ca, table.flag("insecure").orElse(DEFAULT.insecure));
    table.end();
    return settings;
  }

  /** The same for a coordinator, with that CA if it is given. */
  public FarmSettings with(Optional<FarmCa> said) {
    return new FarmSettings(tls, trust, said.or(() -> ca), insecure);
  }

  /** Checks that a CA is named. @param where what names the files, for errors */
  public static TlsFiles withCa(TlsFiles files, String where) throws SlipwayException {
    if (files.ca().isEmpty()) {
      throw new SlipwayException(
          ErrorKind.INVALID, where + " needs a CA (ca) besides the certificate and its key");
    }
    return files;
  }

  /**
   * Refuses a port that other machines reach and that has no TLS, unless that is said to be wanted.
   *
   * @param what the option or key that names the port
   * @param remedy what makes it secure; empty = nothing does
   */
  public void checkListen(String what, String host, boolean encrypted, String remedy)
      throws SlipwayException {
    if (insecure || encrypted || isLoopback(host)) {
      return;
    }
    throw new SlipwayException(
        ErrorKind.INVALID,
        what
            + " "
            + host
            + " can be reached from other machines and is not encrypted: "
            + (remedy.isEmpty() ? "" : remedy + "; or ")
            + "listen on loopback, or keep the port inside a network of the farm's machines only and"
            + " say so with --insecure-farm-network ([farm] insecure = true)");
  }

  /**
   * Whether nobody but this machine reaches it. A name that nobody knows yet may become any
   * address.
   */
  public static boolean isLoopback(String host) {
    try {
      return InetAddress.getByName(host).isLoopbackAddress();
    } catch (UnknownHostException _) {
      return false;
    }
  }
}
