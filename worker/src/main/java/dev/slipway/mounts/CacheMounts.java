package dev.slipway.mounts;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.graph.Mount;
import dev.slipway.linux.DiskFull;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The cache mounts of a worker. Of a mount that several steps may not share there are several
 * copies; the one with the highest version is the newest. {@code this} guards the table of copies;
 * no file of a mount is touched under it. A copy's own monitor, always taken first, is held while
 * its description is written or its place given up. @ThreadSafe
 */
public final class CacheMounts implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(CacheMounts.class);

  private final MountDirectories directories;
  private final MountPeers peers;
  private final InstantSource clock;
  private final MountSizes sizes = new MountSizes();
  private final MountTable table = new MountTable();

  private CacheMounts(MountDirectories directories, MountPeers peers, InstantSource clock) {
    this.directories = directories;
    this.peers = peers;
    this.clock = clock;
  }

  /** Opens the directory, made when missing. One process at a time. */
  public static CacheMounts open(Path root, MountPeers peers, InstantSource clock)
      throws SlipwayException {
    try {
      MountDirectories directories = MountDirectories.open(root.toAbsolutePath().normalize());
      CacheMounts mounts = new CacheMounts(directories, peers, clock);
      for (MountCopy copy : directories.read()) {
        mounts.table.add(copy);
        if (!copy.measured) {
          mounts.measure(copy, Duration.ZERO);
        }
      }
      return mounts;
    } catch (IOException e) {
      throw new SlipwayException(
          ErrorKind.UNAVAILABLE,
          "cache mounts in " + root + " cannot be opened: " + e.getMessage(),
          e);
    }
  }

  /** All copies of all mounts. */
  public synchronized List<MountRecord> records() {
    return table.whole().stream().map(MountCopy::record).toList();
  }

  /** The newest copy of each mount. */
  public synchronized List<MountRecord> newest() {
    return table.newest().stream().map(MountCopy::record).toList();
  }

  /**
   * Removes the copy, at once for all who come now; returns what is gone, nothing when it is in use
   * or not here.
   */
  public Optional<MountRecord> delete(String copyId) {
    Optional<MountCopy> gone;
    synchronized (this) {
      gone =
          table.whole().stream()
              .filter(copy -> copy.id().equals(copyId))
              .filter(copy -> copy.isIdle() && table.forget(copy))
              .findFirst();
    }
    gone.ifPresent(this::remove);
    return gone.map(MountCopy::record);
  }

  /** Bytes of deleted copies that are still on the disk. */
  public long pendingBytes() {
    return directories.pendingBytes();
  }

  /** Waits until the bytes of what was deleted are free; false when it took longer. */
  public boolean awaitRemoved(Duration patience) throws InterruptedException {
    return directories.awaitRemoved(patience);
  }

  /**
   * A copy for the step, waiting for one where its sharing demands it. One that is older than
   * another worker's is brought up to date first; when that fails the step gets what is here.
   *
   * @param beginning what a copy begins with when there is none anywhere
   * @param notes hears what a person may want to know
   * @throws SlipwayException what {@code beginning} throws; EXHAUSTED or UNAVAILABLE when the disk
   *     fails
   */
  public MountUse use(MountWish wish, MountBeginning beginning, Consumer<String> notes)
      throws SlipwayException, InterruptedException {
    MountCopy copy =
        switch (claim(wish)) {
          case Claim.Ready(MountCopy ready) -> ready;
          case Claim.Begin begin -> begin(begin, wish, beginning, notes);
        };
    noted(copy);
    return new Use(copy, wish);
  }

  /**
   * Brings the copy of a peer that is newer than what is here, for steps to come; those that come
   * meanwhile wait for it.
   *
   * @return the newest copy here then
   * @throws SlipwayException UNAVAILABLE when no peer gave a newer one; EXHAUSTED or UNAVAILABLE
   *     when the disk fails
   */
  public MountRecord adopt(MountWish wish) throws SlipwayException, InterruptedException {
    List<MountCopy> outdated;
    MountCopy fresh;
    long newestHere;
    synchronized (this) {
      while (table.isBeginning(wish.id())) {
        wait();
      }
      outdated = table.update(wish);
      Optional<MountCopy> newest = table.newest(wish.id());
      newestHere = newest.map(copy -> copy.version).orElse(-1L);
      fresh = newestHere >= wish.version() ? newest.orElseThrow() : made(wish);
    }
    outdated.forEach(this::remove);
    if (newestHere < wish.version()) {
      adopt(wish, fresh, newestHere);
    }
    synchronized (this) {
      return fresh.record();
    }
  }

  private void adopt(MountWish wish, MountCopy fresh, long newestHere)
      throws SlipwayException, InterruptedException {
    boolean whole = false;
    try {
      fresh.version =
          bring(fresh, newestHere, wish, _ -> {})
              .orElseThrow(() ->
                  new SlipwayException(
                      ErrorKind.UNAVAILABLE,
                      "cache mount "
                          + wish.name()
                          + " was not taken over: none of "
                          + wish.peers().size()
                          + " workers gave it"));
      measure(fresh, MountSizes.PATIENCE);
      whole = true;
    } finally {
      synchronized (this) {
        fresh.state = MountCopy.State.FREE;
        fresh.doomed = !whole;
      }
      settle(fresh);
    }
  }

  /**
   * The newest copy, to be sent to a peer; it stays until it is closed.
   *
   * @throws SlipwayException NOT_FOUND when there is none
   */
  public synchronized MountReading read(String mountId) throws SlipwayException {
    MountCopy copy =
        table
            .newest(mountId)
            .orElseThrow(() ->
                new SlipwayException(
                    ErrorKind.NOT_FOUND, "cache mount " + mountId + " is not here"));
    copy.readers++;
    return new MountReading(
        copy.directory(),
        () -> {
          synchronized (this) {
            copy.readers--;
          }
          settle(copy);
        });
  }

  /** What a step has got hold of. */
  private sealed interface Claim {
    record Ready(MountCopy copy) implements Claim {}

    /**
     * A new copy is to be made.
     *
     * @param older taken too, in case that fails
     * @param newestHere version of the newest here, -1 = none
     */
    record Begin(MountCopy copy, Optional<MountCopy> older, long newestHere) implements Claim {}
  }

  private Claim claim(MountWish wish) throws SlipwayException, InterruptedException {
    List<MountCopy> outdated = new ArrayList<>();
    try {
      synchronized (this) {
        while (true) {
          outdated.addAll(table.update(wish));
          switch (table.offer(wish)) {
            case MountTable.Offer.Ready(MountCopy copy) -> {
              return new Claim.Ready(taken(copy, wish));
            }
            case MountTable.Offer.Begin(Optional<MountCopy> older, long newestHere) -> {
              MountCopy fresh = made(wish);
              older.ifPresent(copy -> copy.state = MountCopy.State.ALONE);
              return new Claim.Begin(fresh, older, newestHere);
            }
            case MountTable.Offer.Wait() -> wait();
          }
        }
      }
    } finally {
      outdated.forEach(this::remove);
    }
  }

  private MountCopy made(MountWish wish) throws SlipwayException {
    try {
      MountCopy copy =
          new MountCopy(
              directories.make(),
              wish.id(),
              wish.name(),
              clock.instant(),
              MountCopy.State.BEGINNING);
      table.add(copy);
      return copy;
    } catch (IOException e) {
      throw failed("making of cache mount " + wish.name(), e);
    }
  }

  private MountCopy taken(MountCopy copy, MountWish wish) {
    copy.state =
        wish.sharing() == Mount.Sharing.SHARED ? MountCopy.State.SHARED : MountCopy.State.ALONE;
    copy.users++;
    copy.uses++;
    copy.lastUsedAt = clock.instant();
    return copy;
  }

  private MountCopy begin(
      Claim.Begin begin, MountWish wish, MountBeginning beginning, Consumer<String> notes)
      throws SlipwayException, InterruptedException {
    MountCopy fresh = begin.copy();
    Optional<MountCopy> chosen = Optional.empty();
    try {
      Optional<Long> cloned = bring(fresh, begin.newestHere(), wish, notes);
      if (cloned.isPresent()) {
        fresh.version = cloned.get();
        measure(fresh, Duration.ZERO);
      } else if (begin.older().isEmpty()) {
        fresh.version = wish.oldest();
        beginning.fill(fresh.directory());
      }
      chosen = cloned.isPresent() ? Optional.of(fresh) : begin.older().or(() -> Optional.of(fresh));
      return chosen.get();
    } finally {
      ended(begin, chosen, wish);
    }
  }

  /** Takes the chosen copy, lets the other go. */
  private void ended(Claim.Begin begin, Optional<MountCopy> chosen, MountWish wish) {
    List<MountCopy> away = new ArrayList<>();
    synchronized (this) {
      begin.copy().state = MountCopy.State.FREE;
      begin.older().ifPresent(older -> older.state = MountCopy.State.FREE);
      boolean fresh = chosen.filter(copy -> copy == begin.copy()).isPresent();
      Optional<MountCopy> other = fresh ? begin.older() : Optional.of(begin.copy());
      // Nobody chosen: the step ends here, what was there before stays.
      other.filter(table::drop).ifPresent(away::add);
      chosen.ifPresent(copy -> taken(copy, wish));
      notifyAll();
    }
    away.forEach(this::remove);
  }

  /** Returns the version that came, empty when none did. */
  private Optional<Long> bring(
      MountCopy fresh, long newestHere, MountWish wish, Consumer<String> notes)
      throws SlipwayException, InterruptedException {
    for (MountWish.Peer peer : wish.peers()) {
      if (peer.version() <= newestHere || peer.version() < wish.oldest()) {
        continue;
      }
      try {
        peers.bring(peer, fresh.directory());
        notes.accept("cache mount " + wish.name() + " brought from another worker");
        return Optional.of(peer.version());
      } catch (SlipwayException e) {
        LOG.atWarn()
            .addKeyValue("mount", wish.id())
            .addKeyValue("error", e.getMessage())
            .log("cache mount not brought from a peer");
        notes.accept(
            "cache mount " + wish.name() + " not brought from another worker: " + e.getMessage());
        try {
          directories.empty(fresh.place);
        } catch (IOException failure) {
          throw failed("emptying of cache mount " + wish.name(), failure);
        }
      }
    }
    return Optional.empty();
  }

  /** A step's hold on a copy. */
  private final class Use implements MountUse {
    private final MountCopy copy;
    private final MountWish wish;
    private boolean open = true;

    Use(MountCopy copy, MountWish wish) {
      this.copy = copy;
      this.wish = wish;
    }

    @Override
    public Path directory() {
      return copy.directory();
    }

    @Override
    public Optional<MountRecord> finish() {
      if (!open || !wish.writable()) {
        close();
        return Optional.empty();
      }
      measure(copy, MountSizes.PATIENCE);
      MountRecord record;
      synchronized (CacheMounts.this) {
        copy.version = Math.max(copy.version, wish.version()) + 1;
        record = copy.record();
      }
      giveBack();
      return Optional.of(record);
    }

    @Override
    public void close() {
      if (open) {
        if (wish.writable()) {
          measure(copy, Duration.ZERO);
        }
        giveBack();
      }
    }

    private void giveBack() {
      open = false;
      synchronized (CacheMounts.this) {
        copy.users--;
        if (copy.users == 0) {
          copy.state = MountCopy.State.FREE;
        }
      }
      settle(copy);
    }
  }

  /** Somebody has left the copy: those who wait may come, and what is too much goes. */
  private void settle(MountCopy copy) {
    List<MountCopy> away;
    synchronized (this) {
      away = table.settle(copy.mountId);
      notifyAll();
    }
    noted(copy);
    away.forEach(this::remove);
  }

  private void remove(MountCopy copy) {
    synchronized (copy) {
      try {
        directories.remove(copy.place, copy.size);
      } catch (IOException e) {
        LOG.atWarn()
            .addKeyValue("copy", copy.id())
            .setCause(e)
            .log("copy of a cache mount not deleted, will be used again after the next start");
      }
    }
  }

  private void measure(MountCopy copy, Duration patience) {
    sizes.measure(
        copy.directory(),
        patience,
        size -> {
          synchronized (this) {
            copy.size = size;
          }
          noted(copy);
        });
  }

  /** Writes down what is known of the copy, if it is still here. */
  private void noted(MountCopy copy) {
    synchronized (copy) {
      MountRecord record;
      synchronized (this) {
        if (!table.has(copy) || copy.state == MountCopy.State.BEGINNING) {
          return;
        }
        record = copy.record();
      }
      try {
        directories.describe(record, copy.place);
      } catch (IOException e) {
        LOG.atWarn()
            .addKeyValue("copy", copy.id())
            .setCause(e)
            .log("description of a cache mount not written");
      }
    }
  }

  private static SlipwayException failed(String what, IOException e) {
    return new SlipwayException(
        DiskFull.caused(e) ? ErrorKind.EXHAUSTED : ErrorKind.UNAVAILABLE,
        what + " failed: " + e.getMessage(),
        e);
  }

  @Override
  public void close() {
    sizes.close();
    directories.close();
  }
}
