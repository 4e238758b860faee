package dev.slipway.e2e;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** A port of loopback whose packets, both ways, are dropped without a word. Needs root. */
record Cut(String table) implements AutoCloseable {
  static Cut of(String port) {
    Cut cut = new Cut("slipway_cut_" + port);
    nft("add", "table", "inet", cut.table);
    nft("add", "chain", "inet", cut.table, "in", "{ type filter hook input priority 0; }");
    nft("add", "rule", "inet", cut.table, "in", "tcp", "dport", port, "drop");
    nft("add", "rule", "inet", cut.table, "in", "tcp", "sport", port, "drop");
    return cut;
  }

  private static void nft(String... words) {
    List<String> command = new ArrayList<>(List.of("nft"));
    command.addAll(List.of(words));
    Command.run(Duration.ofSeconds(10), command).orThrow();
  }

  /** The link heals. */
  @Override
  public void close() {
    nft("delete", "table", "inet", table);
  }
}
