package dev.slipway.context;

/**
 * Which transfers may be compared with each other.
 *
 * @param name {@code context}, {@code dockerfile}
 * @param hint what the build says
 * @param owner what the client says; a client that says nothing is alone with its session's id
 */
public record SharedKey(String name, String hint, String owner) {}
