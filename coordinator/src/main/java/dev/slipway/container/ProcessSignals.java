package dev.slipway.container;

import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Signals by the names that clients give them. signal(7), x86 and arm. */
public final class ProcessSignals {
  private static final Map<String, Integer> NUMBERS =
      Map.ofEntries(
          Map.entry("HUP", 1),
          Map.entry("INT", 2),
          Map.entry("QUIT", 3),
          Map.entry("ILL", 4),
          Map.entry("TRAP", 5),
          Map.entry("ABRT", 6),
          Map.entry("IOT", 6),
          Map.entry("BUS", 7),
          Map.entry("FPE", 8),
          Map.entry("KILL", 9),
          Map.entry("USR1", 10),
          Map.entry("SEGV", 11),
          Map.entry("USR2", 12),
          Map.entry("PIPE", 13),
          Map.entry("ALRM", 14),
          Map.entry("TERM", 15),
          Map.entry("STKFLT", 16),
          Map.entry("CHLD", 17),
          Map.entry("CLD", 17),
          Map.entry("CONT", 18),
          Map.entry("STOP", 19),
          Map.entry("TSTP", 20),
          Map.entry("TTIN", 21),
          Map.entry("TTOU", 22),
          Map.entry("URG", 23),
          Map.entry("XCPU", 24),
          Map.entry("XFSZ", 25),
          Map.entry("VTALRM", 26),
          Map.entry("PROF", 27),
          Map.entry("WINCH", 28),
          Map.entry("IO", 29),
          Map.entry("POLL", 29),
          Map.entry("PWR", 30),
          Map.entry("SYS", 31),
          Map.entry("RTMIN", 34),
          Map.entry("RTMAX", 64));

  private ProcessSignals() {}

  /** Returns the number of {@code TERM} or {@code SIGTERM}; empty when there is no such signal. */
  public static Optional<Integer> number(String name) {
    String upper = name.toUpperCase(Locale.ROOT);
    return Optional.ofNullable(
        NUMBERS.get(upper.startsWith("SIG") ? upper.substring("SIG".length()) : upper));
  }
}
