package dev.slipway.tar;

import dev.slipway.linux.Names;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Reads a plain tar as {@link TarHeaders} and commons-compress in its POSIX mode write it, with
 * attributes as bytes, and says where contents begin. Sparse files and GNU's long names are
 * refused: nobody in a farm writes them. Owned by one thread.
 */
public final class TarReader implements AutoCloseable {
  private static final int NAME = 100;
  private static final int LINK_AT = 157;
  private static final long SECOND = 1_000_000_000L;

  /** Linux takes 64 KiB of attributes and paths of 4 KiB. */
  private static final int MOST_RECORDS = 1 << 20;

  private final InputStream in;
  private long at;
  private long rest;

  public TarReader(InputStream in) {
    this.in = in;
  }

  /**
   * An entry.
   *
   * @param contentAt position of its first byte of content in the tar
   */
  public record Entry(TarHeaders.Entry header, long contentAt) {}

  /** The next entry; empty at the end. What was not read of the last one's content is skipped. */
  public Optional<Entry> next() throws IOException {
    skip(rest);
    Map<String, byte[]> records = new TreeMap<>();
    while (true) {
      byte[] block = in.readNBytes(TarHeaders.BLOCK);
      at += block.length;
      if (at == 0) {
        return Optional.empty(); // no bytes at all are no entries
      }
      if (block.length < TarHeaders.BLOCK) {
        throw new EOFException("the tar ends too early");
      }
      if (block[0] == 0) {
        return Optional.empty();
      }
      check(block);
      long size = number(block, 124, 12);
      char type = (char) block[156];
      if (type == 'x') {
        if (size > MOST_RECORDS) {
          throw new IOException("the tar has an extended header of " + size + " bytes");
        }
        records.putAll(records(bytes((int) size)));
        skip(TarHeaders.padding(size));
        continue;
      }
      TarHeaders.Entry header = entry(block, type, size, records);
      rest = header.size() + TarHeaders.padding(header.size());
      return Optional.of(new Entry(header, at));
    }
  }

  /** Reads from the content of the entry; -1 at its end. */
  public int read(byte[] buffer, long left) throws IOException {
    if (left <= 0) {
      return -1;
    }
    int count = in.read(buffer, 0, (int) Math.min(buffer.length, left));
    if (count < 0) {
      throw new EOFException("the tar ends within an entry");
    }
    at += count;
    rest -= count;
    return count;
  }

  private static TarHeaders.Entry entry(
      byte[] block, char type, long size, Map<String, byte[]> records) throws IOException {
    char kind = type == 0 ? '0' : type;
    if (kind < '0' || kind > '6') {
      throw new IOException("the tar has an entry of the unknown type " + kind);
    }
    Map<String, byte[]> attributes = new TreeMap<>();
    records.forEach((name, value) -> {
      if (name.startsWith(TarHeaders.ATTRIBUTE)) {
        attributes.put(name, value);
      }
    });
    return new TarHeaders.Entry(
        kind,
        text(records, "path", block, 0),
        text(records, "linkpath", block, LINK_AT),
        (int) number(block, 100, 8),
        number(records, "uid", number(block, 108, 8)),
        number(records, "gid", number(block, 116, 8)),
        kind == '0' ? number(records, "size", size) : 0,
        time(records, number(block, 136, 12)),
        (int) number(block, 329, 8),
        (int) number(block, 337, 8),
        attributes);
  }

  private static String text(Map<String, byte[]> records, String name, byte[] block, int from) {
    byte[] record = records.get(name);
    if (record != null) {
      return Names.decode(record);
    }
    int end = from;
    while (end < from + NAME && block[end] != 0) {
      end++;
    }
    return Names.decode(Arrays.copyOfRange(block, from, end));
  }

  private static long number(Map<String, byte[]> records, String name, long otherwise)
      throws IOException {
    byte[] record = records.get(name);
    if (record == null) {
      return otherwise;
    }
    String text = new String(record, StandardCharsets.US_ASCII);
    if (!text.matches("[0-9]{1,18}")) {
      throw new IOException("the tar says " + name + "=" + text);
    }
    return Long.parseLong(text);
  }

  /** Seconds with a fraction, which a negative number has too: -1.5 is half a second before -1. */
  private static long time(Map<String, byte[]> records, long seconds) throws IOException {
    byte[] record = records.get("mtime");
    if (record == null) {
      return Math.multiplyExact(seconds, SECOND);
    }
    String text = new String(record, StandardCharsets.US_ASCII);
    if (!text.matches("-?[0-9]{1,11}(\\.[0-9]{1,9})?[0-9]*")) {
      throw new IOException("the tar says mtime=" + text);
    }
    return new java.math.BigDecimal(text).movePointRight(9).longValue();
  }

  private static Map<String, byte[]> records(byte[] body) throws IOException {
    Map<String, byte[]> records = new TreeMap<>();
    int at = 0;
    while (at < body.length) {
      int blank = at;
      int length = 0;
      while (blank < body.length && body[blank] != ' ' && blank - at < 8) {
        length = length * 10 + body[blank++] - '0';
      }
      int end = at + length;
      int equals = blank + 1;
      while (equals < Math.min(end, body.length) && body[equals] != '=') {
        equals++;
      }
      if (length <= 0 || end > body.length || equals >= end) {
        throw new IOException("the tar has a malformed extended header");
      }
      records.put(
          new String(body, blank + 1, equals - blank - 1, StandardCharsets.UTF_8),
          Arrays.copyOfRange(body, equals + 1, end - 1));
      at = end;
    }
    return records;
  }

  private static void check(byte[] block) throws IOException {
    int sum = 8 * ' ';
    for (int i = 0; i < block.length; i++) {
      sum += i >= 148 && i < 156 ? 0 : block[i] & 0xff;
    }
    if (sum != number(block, 148, 8)) {
      throw new IOException("it is no tar: a header's checksum is wrong");
    }
  }

  private static long number(byte[] block, int from, int length) {
    long value = 0;
    for (int i = from; i < from + length; i++) {
      if (block[i] >= '0' && block[i] <= '7') {
        value = value * 8 + block[i] - '0';
      }
    }
    return value;
  }

  private byte[] bytes(int count) throws IOException {
    byte[] bytes = in.readNBytes(count);
    if (bytes.length < count) {
      throw new EOFException("the tar ends too early");
    }
    at += count;
    return bytes;
  }

  private void skip(long count) throws IOException {
    in.skipNBytes(count);
    at += count;
    rest = 0;
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
