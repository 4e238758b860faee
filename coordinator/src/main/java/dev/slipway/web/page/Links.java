package dev.slipway.web.page;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;

/** Paths of pages, with what clients named in them. */
public final class Links {
  private Links() {}

  /** Of a build, by its ref. */
  public static String build(String id) {
    return "/builds/" + encode(id);
  }

  /** A value for a path or a query. */
  public static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }
}
