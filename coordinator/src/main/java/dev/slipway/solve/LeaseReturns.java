package dev.slipway.solve;

import dev.slipway.cluster.Lease;
import dev.slipway.cluster.Leases;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives leases back in the background, many keys at a time: no build waits for it. Whoever asks
 * about a step in between hears that it is over. Holds at most a lease for each step that has just
 * ended. @ThreadSafe
 */
final class LeaseReturns {
  private static final Logger LOG = LoggerFactory.getLogger(LeaseReturns.class);

  private final Leases leases;
  private final BlockingQueue<Return> queue = new LinkedBlockingQueue<>();
  private final AtomicBoolean busy = new AtomicBoolean();

  private record Return(String key, Lease lease) {}

  LeaseReturns(Leases leases) {
    this.leases = leases;
  }

  void give(String key, Lease lease) {
    queue.add(new Return(key, lease));
    if (busy.compareAndSet(false, true)) {
      Thread.ofVirtual().name("lease-returns").start(this::drain);
    }
  }

  private void drain() {
    do {
      List<Return> batch = new ArrayList<>();
      while (queue.drainTo(batch) > 0) {
        release(batch);
        batch.clear();
      }
      busy.set(false);
    } while (!queue.isEmpty() && busy.compareAndSet(false, true));
  }

  private void release(List<Return> batch) {
    Map<Lease, List<String>> keys = new HashMap<>();
    batch.forEach(one -> keys.computeIfAbsent(one.lease(), _ -> new ArrayList<>()).add(one.key()));
    try {
      keys.forEach((lease, of) -> leases.release(of, lease));
    } catch (RuntimeException e) {
      // The member is stopping, and its leases with it; else whoever wants the key finds out that
      // nobody runs it.
      LOG.atDebug().addKeyValue("leases", batch.size()).setCause(e).log("leases not given back");
    }
  }
}
