package dev.slipway.tar;

import dev.slipway.linux.Names;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;

/**
 * Headers of a tar: ustar, with a pax extended header before it only where ustar cannot say it.
 * POSIX.1-2017 pax, "ustar Interchange Format" and "pax Extended Header".
 */
public final class TarHeaders {
  /** Bytes of which headers and contents take a whole number. */
  public static final int BLOCK = 512;

  /** Begins the names of records that are extended attributes. */
  public static final String ATTRIBUTE = "SCHILY.xattr.";

  private static final int NAME_LENGTH = 100;
  private static final long MOST_OCTAL_7 = 07777777;
  private static final long MOST_OCTAL_11 = 077777777777L;
  private static final long SECOND = 1_000_000_000L;

  private TarHeaders() {}

  /** What a header says. {@code modified} in nanoseconds since 1970; attributes are pax records. */
  public record Entry(
      char type,
      String path,
      String linkTarget,
      int mode,
      long uid,
      long gid,
      long size,
      long modified,
      int major,
      int minor,
      Map<String, byte[]> attributes) {}

  /** The blocks of the entry's headers. */
  public static byte[] of(Entry entry) {
    TreeMap<String, byte[]> records = new TreeMap<>(entry.attributes());
    byte[] path = Names.encode(entry.path());
    byte[] link = Names.encode(entry.linkTarget());
    if (!fits(path)) {
      records.put("path", path);
    }
    if (!fits(link)) {
      records.put("linkpath", link);
    }
    number(records, "uid", entry.uid(), MOST_OCTAL_7);
    number(records, "gid", entry.gid(), MOST_OCTAL_7);
    number(records, "size", entry.size(), MOST_OCTAL_11);
    long seconds = Math.floorDiv(entry.modified(), SECOND);
    long nanos = Math.floorMod(entry.modified(), SECOND);
    if (nanos != 0 || seconds < 0 || seconds > MOST_OCTAL_11) {
      records.put("mtime", time(seconds, nanos).getBytes(StandardCharsets.US_ASCII));
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream(3 * BLOCK);
    if (!records.isEmpty()) {
      byte[] body = pax(records);
      String name =
          entry
              .path()
              .substring(entry.path().lastIndexOf('/', entry.path().length() - 2) + 1)
              .replace("/", "");
      byte[] label = cut(("PaxHeaders.0/" + name).getBytes(StandardCharsets.UTF_8));
      out.writeBytes(block('x', label, new byte[0], new long[] {0644, 0, 0, body.length, 0, 0, 0}));
      out.writeBytes(body);
      out.writeBytes(new byte[padding(body.length)]);
    }
    long size = entry.size() > MOST_OCTAL_11 ? 0 : entry.size();
    out.writeBytes(
        block(
            entry.type(),
            cut(path),
            cut(link),
            new long[] {
              entry.mode(),
              bounded(entry.uid(), MOST_OCTAL_7),
              bounded(entry.gid(), MOST_OCTAL_7),
              size,
              bounded(seconds, MOST_OCTAL_11),
              entry.major(),
              entry.minor()
            }));
    return out.toByteArray();
  }

  /** Zero bytes that follow content of the size. */
  public static int padding(long size) {
    return (int) ((BLOCK - size % BLOCK) % BLOCK);
  }

  private static byte[] block(char type, byte[] name, byte[] link, long[] numbers) {
    byte[] block = new byte[BLOCK];
    System.arraycopy(name, 0, block, 0, name.length);
    octal(block, 100, 8, numbers[0]);
    octal(block, 108, 8, numbers[1]);
    octal(block, 116, 8, numbers[2]);
    octal(block, 124, 12, numbers[3]);
    octal(block, 136, 12, numbers[4]);
    block[156] = (byte) type;
    System.arraycopy(link, 0, block, 157, link.length);
    System.arraycopy("ustar\00000".getBytes(StandardCharsets.US_ASCII), 0, block, 257, 8);
    octal(block, 329, 8, numbers[5]);
    octal(block, 337, 8, numbers[6]);
    Arrays.fill(block, 148, 156, (byte) ' ');
    int sum = 0;
    for (byte b : block) {
      sum += b & 0xff;
    }
    octal(block, 148, 7, sum);
    return block;
  }

  /** Digits, zero-filled, and a NUL. */
  private static void octal(byte[] block, int at, int length, long value) {
    long rest = value;
    for (int i = at + length - 2; i >= at; i--) {
      block[i] = (byte) ('0' + (rest & 7));
      rest >>>= 3;
    }
    block[at + length - 1] = 0;
  }

  private static byte[] pax(Map<String, byte[]> records) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    records.forEach((key, value) -> {
      byte[] name = key.getBytes(StandardCharsets.UTF_8);
      int rest = name.length + value.length + 3;
      int length = rest + Integer.toString(rest).length();
      if (Integer.toString(length).length() != Integer.toString(rest).length()) {
        length = rest + Integer.toString(length).length();
      }
      out.writeBytes((length + " ").getBytes(StandardCharsets.US_ASCII));
      out.writeBytes(name);
      out.write('=');
      out.writeBytes(value);
      out.write('\n');
    });
    return out.toByteArray();
  }

  private static String time(long seconds, long nanos) {
    if (nanos == 0) {
      return Long.toString(seconds);
    }
    boolean negative = seconds < 0;
    long whole = negative ? -(seconds + 1) : seconds;
    long part = negative ? SECOND - nanos : nanos;
    return ((negative ? "-" : "") + whole + "." + String.format("%09d", part))
        .replaceAll("0+$", "");
  }

  private static void number(Map<String, byte[]> records, String key, long value, long most) {
    if (value > most) {
      records.put(key, Long.toString(value).getBytes(StandardCharsets.US_ASCII));
    }
  }

  private static long bounded(long value, long most) {
    return value < 0 || value > most ? 0 : value;
  }

  private static boolean fits(byte[] name) {
    if (name.length > NAME_LENGTH) {
      return false;
    }
    for (byte b : name) {
      if (b < 0) {
        return false;
      }
    }
    return true;
  }

  private static byte[] cut(byte[] name) {
    byte[] cut = Arrays.copyOf(name, Math.min(name.length, NAME_LENGTH));
    for (int i = 0; i < cut.length; i++) {
      if (cut[i] < 0) {
        cut[i] = '_';
      }
    }
    return cut;
  }
}
