package dev.slipway.web.page;

import gg.jte.Content;
import gg.jte.ContentType;
import gg.jte.TemplateEngine;
import gg.jte.output.StringOutput;
import java.util.Map;

/** Makes HTML of views. @ThreadSafe */
final class Templates {
  private final TemplateEngine engine =
      TemplateEngine.createPrecompiled(
          null,
          ContentType.Html,
          Templates.class.getClassLoader(),
          Templates.class.getPackageName());

  /** The part of the page that changes. */
  String body(View view) {
    return render(view.template(), view.model());
  }

  /** A template by its name. */
  String render(String template, Object model) {
    StringOutput out = new StringOutput();
    engine.render(template + ".jte", model, out);
    return out.toString();
  }

  /** The whole page. */
  String page(View view, Layout layout) {
    Content body = out -> engine.render(view.template() + ".jte", view.model(), out);
    StringOutput out = new StringOutput();
    engine.render("layout.jte", Map.of("page", layout, "body", body), out);
    return out.toString();
  }
}
