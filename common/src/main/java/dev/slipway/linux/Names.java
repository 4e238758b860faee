package dev.slipway.linux;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;

/**
 * File names as text and back. Linux names are bytes; those that are not UTF-8 become lone low
 * surrogates U+DC80 to U+DCFF, one a byte, so that nothing is lost (PEP 383).
 */
public final class Names {
  private static final char ESCAPE = '\uDC00';

  private Names() {}

  /** The text of a name. */
  public static String decode(byte[] name) {
    String text = new String(name, StandardCharsets.UTF_8);
    if (text.indexOf('\uFFFD') < 0) {
      return text;
    }
    var decoder = StandardCharsets.UTF_8.newDecoder();
    ByteBuffer in = ByteBuffer.wrap(name);
    CharBuffer out = CharBuffer.allocate(name.length);
    while (in.hasRemaining()) {
      decoder.reset();
      CoderResult result = decoder.decode(in, out, true);
      if (result.isError()) {
        for (int i = 0; i < result.length(); i++) {
          out.put((char) (ESCAPE + (in.get() & 0xff)));
        }
      }
    }
    return out.flip().toString();
  }

  /** The bytes of a name. */
  public static byte[] encode(String name) {
    if (name.chars().noneMatch(Names::escaped)) {
      return name.getBytes(StandardCharsets.UTF_8);
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream(name.length() + 16);
    StringBuilder plain = new StringBuilder();
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      boolean pair = i > 0 && Character.isHighSurrogate(name.charAt(i - 1));
      if (escaped(c) && !pair) {
        out.writeBytes(plain.toString().getBytes(StandardCharsets.UTF_8));
        plain.setLength(0);
        out.write(c - ESCAPE);
      } else {
        plain.append(c);
      }
    }
    out.writeBytes(plain.toString().getBytes(StandardCharsets.UTF_8));
    return out.toByteArray();
  }

  /** Whether the bytes are UTF-8. */
  public static boolean isText(byte[] name) {
    try {
      StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(name));
      return true;
    } catch (CharacterCodingException _) {
      return false;
    }
  }

  private static boolean escaped(int c) {
    return c >= ESCAPE + 0x80 && c <= ESCAPE + 0xff;
  }

  /** The name in C's form. A NUL inside would cut it: refused. */
  static MemorySegment toC(Arena arena, String name) {
    byte[] bytes = encode(name);
    MemorySegment segment = arena.allocate(bytes.length + 1L);
    for (int i = 0; i < bytes.length; i++) {
      if (bytes[i] == 0) {
        throw new IllegalArgumentException("name contains a NUL byte");
      }
    }
    MemorySegment.copy(bytes, 0, segment, ValueLayout.JAVA_BYTE, 0, bytes.length);
    return segment;
  }
}
