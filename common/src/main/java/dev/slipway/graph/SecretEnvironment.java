package dev.slipway.graph;

/** A secret given to a process as an environment variable. */
public record SecretEnvironment(String id, String name, boolean optional) {}
