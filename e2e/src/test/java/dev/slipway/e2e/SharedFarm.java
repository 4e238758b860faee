package dev.slipway.e2e;

/** One farm of two workers for all tests that leave it as they found it; it ends with the run. */
final class SharedFarm {
  private static Farm farm;

  private SharedFarm() {}

  static synchronized Farm get() {
    if (farm == null) {
      // Nobody joins later: what no worker can run is refused soon.
      farm =
          Farm.start(
              2,
              LocalRegistry.shared().mirrorConfig()
                  + "[queue]\nworker-patience = \"3s\"\n[tenant.default]\n");
      Workplace.atEnd(farm::close);
    }
    return farm;
  }
}
