package dev.slipway.identity;

/** What weakens the walls around a step, and so has to be asked for. BuildKit's names. */
public enum Entitlement {
  NETWORK_HOST("network.host"),
  SECURITY_INSECURE("security.insecure"),
  DEVICE("device");

  private final String id;

  Entitlement(String id) {
    this.id = id;
  }

  public String id() {
    return id;
  }

  /** Whether there is one of that name; a device may be named after it: {@code device=NAME}. */
  static boolean isKnown(String asked) {
    for (Entitlement each : values()) {
      if (asked.equals(each.id)) {
        return true;
      }
    }
    return asked.startsWith(DEVICE.id + "=");
  }
}
