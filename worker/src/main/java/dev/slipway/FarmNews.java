package dev.slipway;

import dev.slipway.agent.Agent;
import dev.slipway.peer.Outcasts;
import dev.slipway.peer.TrustedKeys;
import dev.slipway.sandbox.NetworkPool;
import dev.slipway.sandbox.Unreachable;
import java.io.IOException;
import java.time.Instant;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What follows, besides the links, from the coordinators and workers that come and go: whose tokens
 * count, who was evicted, and which machines no build step talks to. @ThreadSafe
 */
final class FarmNews implements Agent.Coordinators {
  private static final Logger LOG = LoggerFactory.getLogger(FarmNews.class);

  private final TrustedKeys keys;
  private final Outcasts outcasts;
  private final NetworkPool networks;
  private final Runnable onJoined;
  private volatile Set<String> farm = Set.of();

  FarmNews(TrustedKeys keys, Outcasts outcasts, NetworkPool networks, Runnable onJoined) {
    this.keys = keys;
    this.outcasts = outcasts;
    this.networks = networks;
    this.onJoined = onJoined;
  }

  @Override
  public void joined(String address, byte[] publicKey, Instant now) {
    keys.joined(publicKey, now);
    onJoined.run();
  }

  @Override
  public void left(byte[] publicKey) {
    keys.left(publicKey);
    outcasts.left(publicKey);
  }

  @Override
  public void evicted(byte[] publicKey, Set<String> workerIds) {
    outcasts.told(publicKey, workerIds);
  }

  @Override
  public void farm(Set<String> addresses) {
    farm = addresses;
    Thread.ofVirtual().name("bar-farm").start(this::bar);
  }

  /** One at a time, so that the newest addresses are the last to be barred. */
  private synchronized void bar() {
    try {
      networks.bar(Unreachable.around(farm));
    } catch (IOException e) {
      LOG.atError()
          .addKeyValue("farm", farm)
          .setCause(e)
          .log("build steps may reach the farm's machines");
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }
}
