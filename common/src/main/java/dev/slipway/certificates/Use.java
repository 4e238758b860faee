package dev.slipway.certificates;

import org.bouncycastle.asn1.x509.KeyPurposeId;

/** The end of a connection that a certificate is for. */
public enum Use {
  SERVER(KeyPurposeId.id_kp_serverAuth),
  CLIENT(KeyPurposeId.id_kp_clientAuth);

  private final KeyPurposeId purpose;

  Use(KeyPurposeId purpose) {
    this.purpose = purpose;
  }

  KeyPurposeId purpose() {
    return purpose;
  }
}
