package dev.slipway.e2e;

/** One farm of two workers for all tests that leave it as they found it; it ends with the run. */
final class SharedFarm {
  private static Farm farm;

  private SharedFarm() {}

  static synchronized Farm get() {
    if (farm == null) {
      farm = Farm.start(2);
      Workplace.atEnd(farm::close);
    }
    return farm;
  }
}
