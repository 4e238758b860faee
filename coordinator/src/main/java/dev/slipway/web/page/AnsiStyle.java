package dev.slipway.web.page;

/**
 * How output looks from one place on.
 *
 * @param foreground 0 to 15, or {@link #NONE}
 * @param background 0 to 15, or {@link #NONE}
 */
record AnsiStyle(
    int foreground,
    int background,
    boolean bold,
    boolean dim,
    boolean italic,
    boolean underlined,
    boolean inverse) {
  static final int NONE = -1;
  static final AnsiStyle PLAIN = new AnsiStyle(NONE, NONE, false, false, false, false, false);

  /** Parameters of one sequence that are looked at. */
  private static final int MAX_PARAMETERS = 32;

  /** What terminals commonly show for the 16, for the nearest of another colour. */
  private static final int[] PALETTE = {
    0x000000, 0xcd0000, 0x00cd00, 0xcdcd00, 0x0000ee, 0xcd00cd, 0x00cdcd, 0xe5e5e5, 0x7f7f7f,
    0xff0000, 0x00ff00, 0xffff00, 0x5c5cff, 0xff00ff, 0x00ffff, 0xffffff
  };

  /** Returns the look after a sequence with those parameters. */
  AnsiStyle with(String parameters) {
    String[] words = parameters.split("[;:]", MAX_PARAMETERS);
    AnsiStyle style = this;
    for (int i = 0; i < words.length; i++) {
      int code = number(words[i]);
      if (code == 38 || code == 48) {
        boolean exact = i + 1 < words.length && number(words[i + 1]) == 2;
        int last = i + (exact ? 4 : 2);
        if (last >= words.length) {
          return style;
        }
        int colour =
            exact
                ? nearest(number(words[i + 2]), number(words[i + 3]), number(words[i + 4]))
                : ofTable(number(words[i + 2]));
        style = code == 38 ? style.foreground(colour) : style.background(colour);
        i = last;
      } else {
        style = style.with(code);
      }
    }
    return style;
  }

  private AnsiStyle with(int code) {
    if (code >= 30 && code <= 37) {
      return foreground(code - 30);
    }
    if (code >= 90 && code <= 97) {
      return foreground(code - 82);
    }
    if (code >= 40 && code <= 47) {
      return background(code - 40);
    }
    if (code >= 100 && code <= 107) {
      return background(code - 92);
    }
    return switch (code) {
      case 0 -> PLAIN;
      case 1 -> new AnsiStyle(foreground, background, true, dim, italic, underlined, inverse);
      case 2 -> new AnsiStyle(foreground, background, bold, true, italic, underlined, inverse);
      case 3 -> new AnsiStyle(foreground, background, bold, dim, true, underlined, inverse);
      case 4 -> new AnsiStyle(foreground, background, bold, dim, italic, true, inverse);
      case 7 -> new AnsiStyle(foreground, background, bold, dim, italic, underlined, true);
      case 22 -> new AnsiStyle(foreground, background, false, false, italic, underlined, inverse);
      case 23 -> new AnsiStyle(foreground, background, bold, dim, false, underlined, inverse);
      case 24 -> new AnsiStyle(foreground, background, bold, dim, italic, false, inverse);
      case 27 -> new AnsiStyle(foreground, background, bold, dim, italic, underlined, false);
      case 39 -> foreground(NONE);
      case 49 -> background(NONE);
      default -> this;
    };
  }

  private AnsiStyle foreground(int colour) {
    return new AnsiStyle(colour, background, bold, dim, italic, underlined, inverse);
  }

  private AnsiStyle background(int colour) {
    return new AnsiStyle(foreground, colour, bold, dim, italic, underlined, inverse);
  }

  /** Names of the style sheet, none of which comes from the output itself. */
  String classes() {
    if (equals(PLAIN)) {
      return "";
    }
    StringBuilder names = new StringBuilder();
    add(names, foreground != NONE, "f" + foreground);
    add(names, background != NONE, "g" + background);
    add(names, bold, "bold");
    add(names, dim, "faint");
    add(names, italic, "italic");
    add(names, underlined, "under");
    add(names, inverse, "inverse");
    return names.toString();
  }

  private static void add(StringBuilder names, boolean is, String name) {
    if (is) {
      names.append(names.isEmpty() ? "" : " ").append(name);
    }
  }

  private static int number(String word) {
    return word.isEmpty() || word.length() > 3 || !word.chars().allMatch(c -> c >= '0' && c <= '9')
        ? 0
        : Integer.parseInt(word);
  }

  /** Of the table of 256: the 16, a cube of six steps, a ramp of grey. */
  private static int ofTable(int index) {
    if (index < 16) {
      return index;
    }
    if (index >= 232) {
      int grey = 8 + (Math.min(index, 255) - 232) * 10;
      return nearest(grey, grey, grey);
    }
    int cube = index - 16;
    return nearest(step(cube / 36), step(cube / 6 % 6), step(cube % 6));
  }

  private static int step(int level) {
    return level == 0 ? 0 : 55 + level * 40;
  }

  private static int nearest(int red, int green, int blue) {
    int best = 0;
    int least = Integer.MAX_VALUE;
    for (int i = 0; i < PALETTE.length; i++) {
      int r = (PALETTE[i] >> 16) - red;
      int g = (PALETTE[i] >> 8 & 0xff) - green;
      int b = (PALETTE[i] & 0xff) - blue;
      int distance = r * r + g * g + b * b;
      if (distance < least) {
        least = distance;
        best = i;
      }
    }
    return best;
  }
}
