package dev.slipway.session;

import dev.slipway.context.ContextTree.Entry;
import dev.slipway.context.FileMode;
import dev.slipway.context.TreeOrder;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.oci.Digest;
import dev.slipway.protocol.buildkit.fsutil.Stat;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The entries that a client lists, checked one by one: clean relative paths in strict order,
 * parents before children, hard links only to earlier files. A client is not trusted. Not
 * thread-safe.
 */
final class Listing {
  /**
   * About half a gigabyte of heap; Linux with its history of git objects unpacked is a tenth of it.
   */
  static final int MAXIMUM_ENTRIES = 2_000_000;

  /** Of all paths and link targets: what the entries above have on average, and more. */
  static final long MAXIMUM_TEXT = 128L << 20;

  /** Linux' PATH_MAX. */
  static final int MAXIMUM_PATH = 4096;

  private final List<Entry> entries = new ArrayList<>();
  private final Map<String, Integer> files = new HashMap<>();

  /** The directories that the last entry is in, or is, outermost first. */
  private final Deque<String> directories = new ArrayDeque<>();

  private String last = "";
  private final long maximumText;
  private long text;

  Listing() {
    this(MAXIMUM_TEXT);
  }

  /**
   * @param maximumText characters of all paths and link targets
   */
  Listing(long maximumText) {
    this.maximumText = maximumText;
  }

  /** Adds what the client says; returns its index, which is its id in the transfer. */
  int add(Stat stat) throws SlipwayException {
    if (entries.size() == MAXIMUM_ENTRIES) {
      throw new SlipwayException(
          ErrorKind.EXHAUSTED, "directory has more than " + MAXIMUM_ENTRIES + " entries");
    }
    String path = stat.getPath();
    checkPath(path);
    int mode = stat.getMode();
    checkMode(path, mode);
    String link = stat.getLinkname();
    if (link.length() > MAXIMUM_PATH || link.indexOf('\0') >= 0) {
      throw invalid("link " + shown(path) + " has a malformed target");
    }
    text += path.length() + link.length();
    if (text > maximumText) {
      throw new SlipwayException(
          ErrorKind.EXHAUSTED,
          "directory has paths of more than " + maximumText + " characters together");
    }
    boolean regular = FileMode.isRegular(mode);
    if (regular && !link.isEmpty() && !files.containsKey(link)) {
      throw invalid(
          "hard link " + shown(path) + " to " + shown(link) + ", which is not an earlier file");
    }
    if (FileMode.isSymlink(mode) == link.isEmpty() && !regular) {
      throw invalid(
          shown(path)
              + (link.isEmpty()
                  ? " is a symbolic link without target"
                  : " is no link and has a target"));
    }
    if (stat.getSize() < 0) {
      throw invalid(shown(path) + " has negative size");
    }
    if (FileMode.isDirectory(mode)) {
      directories.addLast(path);
    }
    if (regular && link.isEmpty()) {
      files.put(path, entries.size());
    }
    last = path;
    entries.add(
        new Entry(
            path,
            mode,
            stat.getUid(),
            stat.getGid(),
            regular ? stat.getSize() : 0,
            stat.getModTime(),
            link,
            Optional.empty()));
    return entries.size() - 1;
  }

  Entry entry(int index) {
    return entries.get(index);
  }

  /** The index of a regular file that is no hard link. */
  int indexOf(String file) {
    return files.get(file);
  }

  /** Whether the entry has bytes of its own. */
  boolean hasContent(int index) {
    Entry entry = entries.get(index);
    return FileMode.isRegular(entry.mode()) && entry.linkName().isEmpty();
  }

  /** Sets a file's content, and the size that it really has. */
  void content(int index, Digest digest, long size) {
    entries.set(index, with(entries.get(index), digest, size));
  }

  /** All entries, hard links with the content of their file. */
  List<Entry> finish() {
    for (int i = 0; i < entries.size(); i++) {
      Entry entry = entries.get(i);
      if (FileMode.isRegular(entry.mode()) && !entry.linkName().isEmpty()) {
        Entry file = entries.get(files.get(entry.linkName()));
        entries.set(i, with(entry, file.content().orElseThrow(), file.size()));
      }
    }
    return entries;
  }

  private static Entry with(Entry entry, Digest digest, long size) {
    return new Entry(
        entry.path(),
        entry.mode(),
        entry.uid(),
        entry.gid(),
        size,
        entry.modificationTime(),
        entry.linkName(),
        Optional.of(digest));
  }

  private void checkPath(String path) throws SlipwayException {
    if (path.isEmpty()
        || path.length() > MAXIMUM_PATH
        || path.startsWith("/")
        || path.endsWith("/")
        || path.indexOf('\0') >= 0) {
      throw invalid("client listed the malformed path " + shown(path));
    }
    for (String part : path.split("/", -1)) {
      if (part.isEmpty() || part.equals(".") || part.equals("..")) {
        throw invalid("client listed the malformed path " + shown(path));
      }
    }
    if (!last.isEmpty() && TreeOrder.INSTANCE.compare(last, path) >= 0) {
      throw invalid("changes out of order: " + shown(path) + " after " + shown(last));
    }
    while (!directories.isEmpty() && !path.startsWith(directories.getLast() + "/")) {
      directories.removeLast();
    }
    int slash = path.lastIndexOf('/');
    String parent = slash < 0 ? "" : path.substring(0, slash);
    if (!parent.equals(directories.isEmpty() ? "" : directories.getLast())) {
      throw invalid("changes out of order: " + shown(path) + " without its directory");
    }
  }

  private static void checkMode(String path, int mode) throws SlipwayException {
    if ((mode & FileMode.DEVICE) != 0) {
      throw new SlipwayException(
          ErrorKind.UNSUPPORTED,
          "device file " + shown(path) + " in a local directory is not supported yet");
    }
    if (!FileMode.isRegular(mode)
        && !FileMode.isDirectory(mode)
        && !FileMode.isSymlink(mode)
        && !FileMode.isNamedPipe(mode)) {
      throw invalid(
          shown(path) + " is of an unknown type, mode " + Integer.toUnsignedString(mode, 8));
    }
  }

  private static String shown(String path) {
    return "\""
        + (path.length() > 200 ? path.substring(0, 200) + "…" : path).replaceAll("\\p{Cntrl}", "?")
        + "\"";
  }

  private static SlipwayException invalid(String message) {
    return new SlipwayException(ErrorKind.INVALID, message);
  }
}
