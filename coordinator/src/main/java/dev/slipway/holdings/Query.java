package dev.slipway.holdings;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import java.util.Comparator;
import java.util.Locale;

/**
 * What somebody looks for.
 *
 * @param words all of which an entry must have somewhere, lower case, separated by blanks; empty =
 *     everything
 * @param order largest, latest or most first
 * @param offset entries to leave out, at least 0
 * @param limit entries at most, 1 to {@link #MAX_LIMIT}
 */
public record Query(String words, Order order, int offset, int limit) {
  public static final int MAX_LIMIT = 500;

  private static final int MAX_WORDS = 200;

  /** What comes first. */
  public enum Order {
    USED(Comparator.comparing(Holding::lastUsedAt)),
    SIZE(Comparator.comparingLong(Holding::size)),
    USES(Comparator.comparingLong(Holding::uses)),
    CREATED(Comparator.comparing(Holding::createdAt));

    private final Comparator<Holding> ascending;

    Order(Comparator<Holding> ascending) {
      this.ascending = ascending;
    }

    Comparator<Holding> descending() {
      return ascending.reversed().thenComparing(Holding::id);
    }
  }

  /** Reads it as it stands in a URL. @throws SlipwayException INVALID when it is out of bounds */
  public static Query of(String words, String order, String offset, String limit)
      throws SlipwayException {
    if (words.length() > MAX_WORDS) {
      throw new SlipwayException(
          ErrorKind.INVALID, "a search of the cache has at most " + MAX_WORDS + " characters");
    }
    return new Query(
        words.strip().toLowerCase(Locale.ROOT),
        order(order),
        number("offset", offset, 0, 0, Integer.MAX_VALUE),
        number("limit", limit, 100, 1, MAX_LIMIT));
  }

  private static Order order(String text) throws SlipwayException {
    try {
      return text.isEmpty() ? Order.USED : Order.valueOf(text.toUpperCase(Locale.ROOT));
    } catch (IllegalArgumentException e) {
      throw new SlipwayException(
          ErrorKind.INVALID, "order is one of used, size, uses and created", e);
    }
  }

  private static int number(String name, String text, int otherwise, int least, int most)
      throws SlipwayException {
    try {
      int number = text.isEmpty() ? otherwise : Integer.parseInt(text);
      if (number >= least && number <= most) {
        return number;
      }
    } catch (NumberFormatException _) {
      // Said below.
    }
    throw new SlipwayException(
        ErrorKind.INVALID, name + " is a number from " + least + " to " + most);
  }

  boolean matches(Holding holding) {
    for (String word : words.split("\\s+")) {
      if (!holding.has(word)) {
        return false;
      }
    }
    return true;
  }
}
