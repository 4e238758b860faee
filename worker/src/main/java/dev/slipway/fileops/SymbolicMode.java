package dev.slipway.fileops;

/** Symbolic modes of chmod(1): {@code u=rw,go=r}, {@code a+rX}. */
final class SymbolicMode {
  private SymbolicMode() {}

  /** The permissions after the change; IllegalArgumentException when the text is no mode. */
  static int apply(String text, int permissions, boolean directory) {
    int mode = permissions;
    for (String clause : text.split(",")) {
      int at = 0;
      int who = 0;
      for (; at < clause.length() && "ugoa".indexOf(clause.charAt(at)) >= 0; at++) {
        who |=
            switch (clause.charAt(at)) {
              case 'u' -> 04700;
              case 'g' -> 02070;
              case 'o' -> 01007;
              default -> 07777;
            };
      }
      who = who == 0 ? 07777 : who;
      if (at == clause.length()) {
        throw new IllegalArgumentException("invalid mode: " + text);
      }
      while (at < clause.length()) {
        char operator = clause.charAt(at++);
        if ("+-=".indexOf(operator) < 0) {
          throw new IllegalArgumentException("invalid mode: " + text);
        }
        int bits = 0;
        for (; at < clause.length() && "+-=".indexOf(clause.charAt(at)) < 0; at++) {
          bits |= bits(clause.charAt(at), mode, directory, text);
        }
        bits &= who;
        mode =
            switch (operator) {
              case '+' -> mode | bits;
              case '-' -> mode & ~bits;
              default -> (mode & ~(who & 0777)) | bits;
            };
      }
    }
    return mode;
  }

  private static int bits(char permission, int mode, boolean directory, String text) {
    return switch (permission) {
      case 'r' -> 0444;
      case 'w' -> 0222;
      case 'x' -> 0111;
      case 'X' -> directory || (mode & 0111) != 0 ? 0111 : 0;
      case 's' -> 06000;
      case 't' -> 01000;
      case 'u' -> (mode >> 6 & 7) * 0111;
      case 'g' -> (mode >> 3 & 7) * 0111;
      case 'o' -> (mode & 7) * 0111;
      default -> throw new IllegalArgumentException("invalid mode: " + text);
    };
  }
}
