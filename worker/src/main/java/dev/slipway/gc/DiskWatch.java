package dev.slipway.gc;

/**
 * Knows when the disk was last as good as full: a process that fails for want of room often removes
 * what it wrote before anybody can look. @ThreadSafe
 */
public final class DiskWatch {
  /** Below it a step would hardly get to its first write. */
  private static final long LEAST_FREE = 64L << 20;

  /** On a small disk, this part of it. */
  private static final int SMALL_PART = 10;

  private final Disk disk;
  private volatile long shortAt = System.nanoTime();
  private volatile boolean everShort;

  public DiskWatch(Disk disk) {
    this.disk = disk;
  }

  /** What a stage needs to begin, in bytes. */
  long leastFree() {
    return Math.min(LEAST_FREE, disk.total() / SMALL_PART);
  }

  boolean isShort() {
    return disk.free() < leastFree();
  }

  /** Looks at the disk; called now and then, and where somebody has a suspicion. */
  public void look() {
    if (isShort()) {
      shortAt = System.nanoTime();
      everShort = true;
    }
  }

  /** Begins to watch for one step. */
  public Step step() {
    return new Step(System.nanoTime(), disk.free());
  }

  /** The time of one step. */
  public final class Step {
    private final long begin;
    private final long freeAtBegin;

    private Step(long begin, long freeAtBegin) {
      this.begin = begin;
      this.freeAtBegin = freeAtBegin;
    }

    /** Whether the disk was as good as full at some time since the step's begin. */
    public boolean sawFullDisk() {
      look();
      return everShort && shortAt - begin >= 0;
    }

    /** What was free at its begin and was not enough. */
    public long freeAtBegin() {
      return freeAtBegin;
    }
  }
}
