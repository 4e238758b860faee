package dev.slipway.telemetry;

import java.util.List;

/**
 * What there is to say of a metric before it has a value.
 *
 * @param name with dots; says the unit at its end where there is one
 * @param where which processes have it
 * @param help one sentence
 * @param labels in the order in which their values are given
 */
public record Declaration(String name, Type type, Where where, String help, List<Label> labels) {
  /** How its values come about. */
  public enum Type {
    /** Only grows; its Prometheus name ends with {@code _total}. */
    COUNTER,
    /** A value of this moment. */
    GAUGE,
    /** Durations in seconds, as a histogram. */
    DURATION,
    /** Sizes in bytes, as a histogram. */
    SIZE
  }

  /** Which processes have a metric. */
  public enum Where {
    COORDINATOR,
    WORKER,
    BOTH;

    /** Whether a process of that kind has it. */
    boolean covers(Where process) {
      return this == BOTH || this == process;
    }
  }

  public Declaration {
    labels = List.copyOf(labels);
  }

  static Declaration counter(String name, Where where, String help, Label... labels) {
    return new Declaration(name, Type.COUNTER, where, help, List.of(labels));
  }

  static Declaration gauge(String name, Where where, String help, Label... labels) {
    return new Declaration(name, Type.GAUGE, where, help, List.of(labels));
  }

  static Declaration duration(String name, Where where, String help, Label... labels) {
    return new Declaration(name, Type.DURATION, where, help, List.of(labels));
  }

  static Declaration size(String name, Where where, String help, Label... labels) {
    return new Declaration(name, Type.SIZE, where, help, List.of(labels));
  }

  /** As Prometheus shows it. */
  public String prometheusName() {
    return name.replace('.', '_') + (type == Type.COUNTER ? "_total" : "");
  }

  /** {@code seconds}, {@code bytes}, or empty for what is only counted. */
  public String unit() {
    return name.endsWith(".seconds") ? "seconds" : name.endsWith(".bytes") ? "bytes" : "";
  }
}
