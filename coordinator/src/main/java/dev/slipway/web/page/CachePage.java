package dev.slipway.web.page;

import dev.slipway.error.SlipwayException;
import dev.slipway.explain.Provenance;
import dev.slipway.history.BuildCard;
import dev.slipway.holdings.Holding;
import dev.slipway.holdings.Page;
import dev.slipway.holdings.Query;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What the workers' disks hold and what it was made of. It stays as it was when it was asked. */
final class CachePage implements Pages.Source {
  /** Records on one page: a screen or three. */
  private static final int LIMIT = 50;

  private final PageParts parts;

  CachePage(PageParts parts) {
    this.parts = parts;
  }

  /**
   * What the template shows.
   *
   * @param words looked for, as they were typed; empty = everything
   * @param found number of records that fit
   * @param bytes of one copy of each of them, in words
   * @param at when the workers were asked
   * @param silent workers that did not answer, with the reason
   */
  record Model(
      String words,
      List<Order> orders,
      int found,
      String bytes,
      String at,
      List<Row> records,
      Paging paging,
      Map<String, String> silent) {}

  /** What may come first. */
  record Order(String value, String title, boolean chosen) {}

  /**
   * Where in all that was found the records stand.
   *
   * @param first number of the first one shown, from 1
   * @param previous path of the page before; empty = there is none
   * @param next path of the page after; empty = there is none
   */
  record Paging(int first, int last, String previous, String next) {}

  /**
   * A layer or a cache mount.
   *
   * @param tenant whose it is; empty = unknown or nobody's
   * @param maker the step that made it, where it is known
   */
  record Row(
      String id,
      String description,
      String size,
      String created,
      String used,
      long uses,
      boolean inUse,
      String workers,
      String tenant,
      Optional<Maker> maker) {}

  /**
   * The step that made a layer.
   *
   * @param build what was built, or else the build's ref
   * @param path of the build's page; empty = it is not kept any more
   * @param ingredients what the key was made of, in words
   */
  record Maker(
      String step,
      String build,
      String path,
      String platform,
      String trustDomain,
      String worker,
      String at,
      List<String> ingredients) {}

  @Override
  public View view(PageRequest request) throws SlipwayException, InterruptedException {
    String words = request.query("q");
    Query query =
        Query.of(words, request.query("order"), request.query("offset"), Integer.toString(LIMIT));
    // What is nobody's, such as layers of images, is for those who see everything.
    Page page =
        parts.holdings().find(query, holding -> request.viewer().sees(holding.tenant().orElse("")));
    Instant now = parts.clock().instant();
    Set<String> kept =
        parts.history().all().stream().map(BuildCard::id).collect(Collectors.toSet());
    Model model =
        new Model(
            words,
            Stream.of(Query.Order.values())
                .map(each -> new Order(value(each), title(each), each == query.order()))
                .toList(),
            page.found(),
            Text.bytes(page.bytes()),
            Text.time(page.at(), now),
            page.entries().stream().map(holding -> row(holding, kept, now)).toList(),
            paging(words, query, page),
            new TreeMap<>(page.silent()));
    return View.still("Cache", Section.CACHE, "cache", model);
  }

  private static String value(Query.Order order) {
    return order.name().toLowerCase(Locale.ROOT);
  }

  private static String title(Query.Order order) {
    return switch (order) {
      case USED -> "used last";
      case SIZE -> "the largest";
      case USES -> "used most";
      case CREATED -> "the newest";
    };
  }

  /** Whoever is past the end is led back to the last page that has something. */
  private static Paging paging(String words, Query query, Page page) {
    int last = query.offset() + page.entries().size();
    int lastPage = Math.max(0, page.found() - 1) / LIMIT * LIMIT;
    return new Paging(
        query.offset() + 1,
        last,
        query.offset() == 0
            ? ""
            : link(words, query.order(), Math.clamp(query.offset() - LIMIT, 0, lastPage)),
        last < page.found() && !page.entries().isEmpty() ? link(words, query.order(), last) : "");
  }

  private static String link(String words, Query.Order order, int offset) {
    return Section.CACHE.path()
        + "?q="
        + Links.encode(words)
        + "&order="
        + value(order)
        + (offset == 0 ? "" : "&offset=" + offset);
  }

  private static Row row(Holding holding, Set<String> kept, Instant now) {
    return new Row(
        holding.id(),
        holding.description(),
        Text.bytes(holding.size()),
        Text.time(holding.createdAt(), now),
        Text.time(holding.lastUsedAt(), now),
        holding.uses(),
        holding.inUse(),
        String.join(", ", holding.workers()),
        holding.tenant().orElse(""),
        holding.provenance().map(from -> maker(from, kept, now)));
  }

  private static Maker maker(Provenance from, Set<String> kept, Instant now) {
    return new Maker(
        from.step(),
        from.name().isEmpty() ? from.build() : from.name(),
        kept.contains(from.build()) ? Links.build(from.build()) : "",
        from.platform(),
        from.trustDomain(),
        from.worker(),
        Text.time(from.at(), now),
        from.ingredients());
  }
}
