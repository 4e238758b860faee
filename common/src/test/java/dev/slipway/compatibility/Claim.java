package dev.slipway.compatibility;

/**
 * What one test says of one feature.
 *
 * @param refused that it is, else it works
 * @param words a note on what works (may be empty), or why it is refused
 * @param test the test's class and method, {@code RunE2eTest.mountsASecret}
 */
record Claim(Area area, String feature, boolean refused, String words, String test) {}
