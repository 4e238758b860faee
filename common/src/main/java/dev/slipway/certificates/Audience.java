package dev.slipway.certificates;

/** Who connects, and so what helps those that are not let in. */
public enum Audience {
  CLIENTS("docker buildx create --driver-opt cacert=ca.pem,cert=cert.pem,key=key.pem"),
  FARM("[farm.tls] of the configuration, or --farm-tlscert, --farm-tlskey and --farm-tlscacert");

  private final String remedy;

  Audience(String remedy) {
    this.remedy = remedy;
  }

  /** How the caller gets its certificate and its CA in. */
  String remedy() {
    return remedy;
  }
}
