package dev.slipway.frontend.gateway;

import dev.slipway.context.ContextTree;
import dev.slipway.protocol.worker.PathStat;

/**
 * A file of a result as clients see it.
 *
 * @param name without directory
 * @param mode Go's os.FileMode bits
 * @param modificationTime Unix nanoseconds
 */
public record FileStat(
    String name,
    int mode,
    int uid,
    int gid,
    long size,
    long modificationTime,
    String linkName,
    long deviceMajor,
    long deviceMinor) {
  static FileStat of(ContextTree.Entry entry) {
    return new FileStat(
        baseName(entry.path()),
        entry.mode(),
        entry.uid(),
        entry.gid(),
        entry.size(),
        entry.modificationTime(),
        entry.linkName(),
        0,
        0);
  }

  /** As a worker tells of it. */
  public static FileStat of(PathStat stat) {
    return new FileStat(
        baseName(stat.getPath()),
        stat.getMode(),
        stat.getUid(),
        stat.getGid(),
        stat.getSize(),
        stat.getModTime(),
        stat.getLinkname(),
        stat.getDevmajor(),
        stat.getDevminor());
  }

  private static String baseName(String path) {
    return path.substring(path.lastIndexOf('/') + 1);
  }
}
