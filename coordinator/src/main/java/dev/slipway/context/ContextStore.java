package dev.slipway.context;

import dev.slipway.context.ContextTree.Entry;
import dev.slipway.oci.Digest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The files of the contexts that clients sent, on the coordinator's disk: what the last transfers
 * of the latest shared keys left, what running builds keep, and what came a moment ago. The index
 * is in memory: a restart starts with an empty store. No fsync for the same reason. Trees are held
 * or dropped whole. @ThreadSafe; one lock guards the index, never held over transfers of bytes.
 */
public final class ContextStore {
  /** Keys whose last trees are remembered for incremental transfers. */
  static final int REMEMBERED_KEYS = 64;

  /**
   * Trees remembered of one key: targets of one project ask for different parts of the same
   * directory in turn.
   */
  static final int REMEMBERED_PER_KEY = 4;

  /**
   * A tree that nobody keeps stays this long after its last use: a build keeps what it has received
   * within milliseconds, on a machine that hangs within seconds.
   */
  static final Duration GRACE = Duration.ofMinutes(1);

  /** Above this, trees are remembered for fewer keys, those used last. */
  static final long DISK_BUDGET = 32L << 30;

  /** The same, for files and directories of all trees; each takes about 400 bytes of memory. */
  static final long ENTRY_BUDGET = 250_000;

  private static final Logger log = LoggerFactory.getLogger(ContextStore.class);

  private final Path root;
  private final InstantSource clock;
  private final Object lock = new Object();

  /** Written under the lock, read without. */
  private final Map<Digest, Blob> blobs = new ConcurrentHashMap<>();

  /** By received tree, in order of last use. Guarded by lock. */
  private final LinkedHashMap<StoredTree, Holding> holdings = new LinkedHashMap<>(16, 0.75f, true);

  /** In order of last use. Guarded by lock. */
  private final LinkedHashMap<SharedKey, Deque<StoredTree>> remembered =
      new LinkedHashMap<>(16, 0.75f, true);

  /** What builds keep. Guarded by lock. */
  private final Map<String, Set<StoredTree>> kept = new HashMap<>();

  /** Guarded by lock. */
  private long diskBytes;

  /** In all trees. Guarded by lock. */
  private long entries;

  /** Guarded by lock. */
  private long segments;

  /** Why a received tree stays. */
  private static final class Holding {
    final Set<Digest> content = new HashSet<>();
    int keepers;
    int rememberers;
    long lastUse;

    boolean isIdle() {
      return keepers == 0 && rememberers == 0;
    }
  }

  /**
   * Opens the store; what an earlier process left below the root is deleted.
   *
   * @param root a directory of its own
   */
  public ContextStore(Path root, InstantSource clock) throws IOException {
    this.root = root;
    this.clock = clock;
    Files.createDirectories(root);
    try (Stream<Path> files = Files.list(root)) {
      for (Path file : (Iterable<Path>) files::iterator) {
        Files.delete(file);
      }
    }
  }

  /** Files and directories of all trees that are held. */
  long entries() {
    synchronized (lock) {
      return entries;
    }
  }

  /** Starts a transfer that may reuse files of the last ones under the key. */
  public Transfer begin(SharedKey key) {
    synchronized (lock) {
      List<StoredTree> previous = List.copyOf(remembered.getOrDefault(key, new ArrayDeque<>()));
      previous.forEach(tree -> holdings.get(tree).keepers++);
      return new Transfer(this, key, previous);
    }
  }

  /** Keeps the files of the tree, in whatever store they are, until the keeper's release there. */
  public static void keep(String keeper, ContextTree tree) {
    if (!keepIfHeld(keeper, tree)) {
      throw new IllegalStateException(
          "context tree of " + tree.entries().size() + " entries was dropped: unused for " + GRACE);
    }
  }

  /** The same, for a tree that may have been dropped. Returns whether it is still held. */
  public static boolean keepIfHeld(String keeper, ContextTree tree) {
    if (!(tree instanceof StoredTree stored)) {
      throw new IllegalArgumentException("the tree is of no store");
    }
    return stored.store().keepIfHeld(keeper, stored.origin());
  }

  private boolean keepIfHeld(String keeper, StoredTree tree) {
    synchronized (lock) {
      Holding holding = holdings.get(tree);
      if (holding == null) {
        return false;
      }
      touch(tree);
      if (kept.computeIfAbsent(keeper, any -> new HashSet<>()).add(tree)) {
        holding.keepers++;
      }
      return true;
    }
  }

  /** Ends everything that the keeper keeps. */
  public void release(String keeper) {
    List<Segment> dead;
    synchronized (lock) {
      for (StoredTree tree : kept.getOrDefault(keeper, Set.of())) {
        holdings.get(tree).keepers--;
      }
      kept.remove(keeper);
      dead = sweep();
    }
    delete(dead);
  }

  /** Forgets what is remembered for transfers of this owner. */
  public void forget(String owner) {
    List<Segment> dead;
    synchronized (lock) {
      Iterator<Map.Entry<SharedKey, Deque<StoredTree>>> keys = remembered.entrySet().iterator();
      while (keys.hasNext()) {
        Map.Entry<SharedKey, Deque<StoredTree>> entry = keys.next();
        if (entry.getKey().owner().equals(owner)) {
          keys.remove();
          entry.getValue().forEach(tree -> holdings.get(tree).rememberers--);
        }
      }
      dead = sweep();
    }
    delete(dead);
  }

  /** Bytes on disk. */
  public long diskBytes() {
    synchronized (lock) {
      return diskBytes;
    }
  }

  /** A view on the files of the received tree. */
  FileContents contents(StoredTree origin) throws IOException {
    synchronized (lock) {
      Holding holding = holdings.get(origin);
      if (holding == null) {
        throw new IOException("context tree was dropped: unused for " + GRACE);
      }
      holding.keepers++;
      touch(origin);
    }
    return new SegmentReader(blobs, () -> unkeep(List.of(origin)));
  }

  /** Whether the content is there already; it then stays until the transfer gives it back. */
  boolean acquire(Digest digest) {
    synchronized (lock) {
      Blob blob = blobs.get(digest);
      if (blob != null) {
        blob.references++;
      }
      return blob != null;
    }
  }

  Segment newSegment() {
    synchronized (lock) {
      return new Segment(root.resolve("%012d".formatted(segments++)));
    }
  }

  /**
   * Ends a transfer with a tree.
   *
   * @param fresh new contents, bytes complete on disk
   * @param acquired contents that the transfer acquired
   */
  StoredTree commit(
      Transfer transfer,
      List<Entry> entries,
      Map<Digest, Blob> fresh,
      Set<Segment> written,
      Set<Digest> acquired) {
    List<Segment> dead = new ArrayList<>();
    StoredTree tree;
    synchronized (lock) {
      fresh.forEach((digest, blob) -> {
        if (blobs.putIfAbsent(digest, blob) == null) {
          blob.segment.blobs++;
        }
      });
      for (Segment segment : written) {
        diskBytes += segment.size;
        if (segment.blobs == 0) {
          dead.add(segment);
          diskBytes -= segment.size;
        }
      }
      tree =
          transfer.previous().stream()
              .filter(old -> old.entries().equals(entries))
              .findFirst()
              .orElse(null);
      if (tree == null) {
        tree = new StoredTree(this, null, entries);
        Holding holding = new Holding();
        entries.forEach(entry -> entry.content().ifPresent(holding.content::add));
        holding.content.forEach(digest -> blobs.get(digest).references++);
        holdings.put(tree, holding);
        this.entries += entries.size();
      }
      touch(tree);
      remember(transfer.key(), tree);
      acquired.forEach(digest -> unreference(digest, dead));
      fresh.keySet().stream()
          .filter(digest -> blobs.containsKey(digest) && blobs.get(digest).references == 0)
          .toList()
          .forEach(digest -> drop(digest, dead));
      dead.addAll(sweep());
    }
    delete(dead);
    return tree;
  }

  /** Ends a transfer's hold on what it acquired without a tree. */
  void abandon(Set<Digest> acquired) {
    List<Segment> dead = new ArrayList<>();
    synchronized (lock) {
      acquired.forEach(digest -> unreference(digest, dead));
    }
    delete(dead);
  }

  void unkeep(List<StoredTree> trees) {
    List<Segment> dead;
    synchronized (lock) {
      trees.forEach(tree -> holdings.get(tree).keepers--);
      dead = sweep();
    }
    delete(dead);
  }

  private void touch(StoredTree tree) {
    Holding holding = holdings.get(tree.origin());
    if (holding != null) {
      holding.lastUse = clock.millis();
    }
  }

  private void remember(SharedKey key, StoredTree tree) {
    Deque<StoredTree> trees = remembered.computeIfAbsent(key, any -> new ArrayDeque<>());
    if (trees.remove(tree)) {
      trees.addFirst(tree);
      return;
    }
    trees.addFirst(tree);
    holdings.get(tree).rememberers++;
    if (trees.size() > REMEMBERED_PER_KEY) {
      holdings.get(trees.removeLast()).rememberers--;
    }
    if (remembered.size() > REMEMBERED_KEYS) {
      remembered.pollFirstEntry().getValue().forEach(old -> holdings.get(old).rememberers--);
    }
  }

  /** Drops what nobody needs; returns the files to delete once the lock is free. */
  private List<Segment> sweep() {
    List<Segment> dead = new ArrayList<>();
    long spared = clock.millis() - GRACE.toMillis();
    for (Map.Entry<StoredTree, Holding> entry : List.copyOf(holdings.entrySet())) {
      if (entry.getValue().isIdle() && entry.getValue().lastUse < spared) {
        drop(entry.getKey(), dead);
      }
    }
    while ((diskBytes > DISK_BUDGET || entries > ENTRY_BUDGET) && remembered.size() > 1) {
      for (StoredTree tree : remembered.pollFirstEntry().getValue()) {
        Holding holding = holdings.get(tree);
        holding.rememberers--;
        if (holding.isIdle() && holding.lastUse < spared) {
          drop(tree, dead);
        }
      }
    }
    return dead;
  }

  private void drop(StoredTree tree, List<Segment> dead) {
    Holding holding = holdings.remove(tree);
    entries -= tree.entries().size();
    holding.content.forEach(digest -> unreference(digest, dead));
  }

  private void unreference(Digest digest, List<Segment> dead) {
    if (--blobs.get(digest).references == 0) {
      drop(digest, dead);
    }
  }

  private void drop(Digest digest, List<Segment> dead) {
    Segment segment = blobs.remove(digest).segment;
    if (--segment.blobs == 0) {
      dead.add(segment);
      diskBytes -= segment.size;
    }
  }

  /** Deletes the files of segments that nothing refers to. */
  static void delete(Iterable<Segment> segments) {
    for (Segment segment : segments) {
      try {
        Files.delete(segment.path);
      } catch (NoSuchFileException e) {
        // Nothing was ever written into it.
      } catch (IOException e) {
        log.atWarn().addKeyValue("file", segment.path).setCause(e).log("context file not deleted");
      }
    }
  }
}
