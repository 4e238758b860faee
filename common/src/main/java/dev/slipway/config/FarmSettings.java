package dev.slipway.config;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Optional;

/**
 * {@code [farm]}: how the farm's processes reach each other.
 *
 * @param tls certificate, key and CA that coordinators and workers show each other; empty = plain
 *     text
 * @param insecure whether ports without TLS may be open to other machines
 */
public record FarmSettings(Optional<TlsFiles> tls, boolean insecure) {
  public static final FarmSettings DEFAULT = new FarmSettings(Optional.empty(), false);

  public FarmSettings {
    if (tls.isPresent() && tls.get().ca().isEmpty()) {
      throw new IllegalArgumentException("the farm's TLS needs a CA");
    }
  }

  static FarmSettings read(TomlTable table) throws SlipwayException {
    Optional<TlsFiles> tls = Optional.empty();
    Optional<TomlTable> files = table.table("tls");
    if (files.isPresent()) {
      tls = Optional.of(withCa(TlsFiles.read(files.get(), "farm.tls"), "farm.tls"));
    }
    FarmSettings settings = new FarmSettings(tls, table.flag("insecure").orElse(DEFAULT.insecure));
    table.end();
    return settings;
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

  /** A name that nobody knows yet may become any address. */
  static boolean isLoopback(String host) {
    try {
      return InetAddress.getByName(host).isLoopbackAddress();
    } catch (UnknownHostException _) {
      return false;
    }
  }
}
