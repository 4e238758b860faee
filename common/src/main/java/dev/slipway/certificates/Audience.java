package dev.slipway.certificates;

/** Who connects, and so what helps those that are not let in. */
public enum Audience {
  CLIENTS("docker buildx create --driver-opt cacert=ca.pem,cert=cert.pem,key=key.pem", true),
  /** Whoever shows no certificate is asked for a token later. */
  CLIENTS_WITH_TOKENS(CLIENTS.remedy, false),
  FARM(
      "[farm.tls] of the configuration, or --farm-tlscert, --farm-tlskey and --farm-tlscacert",
      true);

  private final String remedy;
  private final boolean needsCertificate;

  Audience(String remedy, boolean needsCertificate) {
    this.remedy = remedy;
    this.needsCertificate = needsCertificate;
  }

  /** Whether nobody is let in without a certificate. */
  boolean needsCertificate() {
    return needsCertificate;
  }

  /** How the caller gets its certificate and its CA in. */
  String remedy() {
    return remedy;
  }
}
