package dev.slipway.web.page;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.identity.Access;
import dev.slipway.identity.Principal;
import dev.slipway.identity.Shown;
import dev.slipway.web.access.PageAccess;
import dev.slipway.web.access.Viewer;
import io.vertx.core.http.Cookie;
import io.vertx.core.http.CookieSameSite;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.BodyHandler;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.concurrent.ExecutorService;

/**
 * The door where clients have to say who they are. Programs send a bearer token; browsers get a
 * form that puts it into a cookie, which scripts cannot read and other sites cannot send. Nothing
 * is kept here: the token is looked at with each request, at whichever coordinator, so one that is
 * taken back ends at once. @ThreadSafe
 */
public final class Login implements PageAccess {
  private static final String COOKIE = "slipway-token";
  private static final String PATH = "/login";
  private static final String AFTER = "/builds";
  private static final int MAX_FORM_BYTES = 32 << 10;
  private static final int UNAUTHORIZED = 401;

  private final Access access;
  private final Runnable refused;
  private final Templates templates = new Templates();
  private final Assets assets = new Assets();

  /**
   * What the form shows.
   *
   * @param message why it is shown again; empty = it is not
   * @param next where to go afterwards
   * @param assets path of the style sheet
   */
  public record Form(String message, String next, String assets) {}

  /**
   * @param refused told of each request that is turned away
   */
  public Login(Access access, Runnable refused) {
    this.access = access;
    this.refused = refused;
  }

  @Override
  public void serve(Router router, ExecutorService threads) {
    router.get(PATH).handler(context -> form(context, 200, "", next(context)));
    router
        .post(PATH)
        .handler(BodyHandler.create(false).setBodyLimit(MAX_FORM_BYTES))
        .handler(context -> enter(context, threads));
    router.post("/logout").handler(this::leave);
  }

  @Override
  public Optional<Viewer> admit(RoutingContext context) {
    Optional<String> header = Shown.bearer(context.request().getHeader(HttpHeaders.AUTHORIZATION));
    Optional<String> token =
        header.or(
            () -> Optional.ofNullable(context.request().getCookie(COOKIE)).map(Cookie::getValue));
    try {
      Principal principal = principal(token);
      return Optional.of(new Viewer(access.isOpen() ? "" : principal.name(), principal::sees));
    } catch (SlipwayException e) {
      refused.run();
      context.vertx().runOnContext(_ -> refuse(context, e, header.isEmpty()));
      return Optional.empty();
    }
  }

  private Principal principal(Optional<String> token) throws SlipwayException {
    return access.principal(new Shown(Optional.empty(), token, false));
  }

  private void refuse(RoutingContext context, SlipwayException reason, boolean mayAsk) {
    HttpServerRequest request = context.request().resume();
    String accepts = request.getHeader(HttpHeaders.ACCEPT);
    if (mayAsk && accepts != null && accepts.contains("text/html")) {
      context
          .response()
          .setStatusCode(303)
          .putHeader(HttpHeaders.LOCATION, PATH + "?next=" + encoded(request.uri()))
          .end();
      return;
    }
    Pages.protect(context.response())
        .setStatusCode(reason.kind() == ErrorKind.UNAVAILABLE ? 503 : UNAUTHORIZED)
        .putHeader("WWW-Authenticate", "Bearer realm=\"slipway\"")
        .end(reason.getMessage() + "\n");
  }

  private void enter(RoutingContext context, ExecutorService threads) {
    if (!isOwn(context.request())) {
      form(context, 403, "The form was sent by another site.", AFTER);
      return;
    }
    String token =
        Optional.ofNullable(context.request().getFormAttribute("token")).orElse("").strip();
    String next = local(context.request().getFormAttribute("next"));
    threads.execute(() -> {
      try {
        principal(Optional.of(token));
        context
            .vertx()
            .runOnContext(_ -> {
              context.response().addCookie(cookie(context.request(), token));
              see(context, next);
            });
      } catch (SlipwayException e) {
        refused.run();
        context.vertx().runOnContext(_ -> form(context, UNAUTHORIZED, e.getMessage(), next));
      }
    });
  }

  private void leave(RoutingContext context) {
    if (isOwn(context.request())) {
      context.response().addCookie(cookie(context.request(), "").setMaxAge(0));
    }
    see(context, PATH);
  }

  private static Cookie cookie(HttpServerRequest request, String token) {
    return Cookie.cookie(COOKIE, token)
        .setPath("/")
        .setHttpOnly(true)
        .setSameSite(CookieSameSite.STRICT)
        .setSecure(request.isSSL() || "https".equals(request.getHeader("X-Forwarded-Proto")));
  }

  /**
   * Whether a page of this server sent it; browsers say so, other programs may do what they like.
   */
  private static boolean isOwn(HttpServerRequest request) {
    String origin = request.getHeader(HttpHeaders.ORIGIN);
    if (origin == null) {
      return true;
    }
    try {
      return request.authority() != null
          && request.authority().toString().equals(URI.create(origin).getRawAuthority());
    } catch (IllegalArgumentException _) {
      return false;
    }
  }

  private static String next(RoutingContext context) {
    return local(context.request().getParam("next"));
  }

  /** A path of this server; links that lead elsewhere are not followed. */
  private static String local(@org.jspecify.annotations.Nullable String path) {
    return path != null && path.matches("/[A-Za-z0-9][A-Za-z0-9/?&=%._~-]*") ? path : AFTER;
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  private void form(RoutingContext context, int status, String message, String next) {
    Pages.protect(context.response())
        .setStatusCode(status)
        .putHeader(HttpHeaders.CONTENT_TYPE, "text/html; charset=utf-8")
        .end(templates.render("login", new Form(message, next, assets.path())));
  }

  private static void see(RoutingContext context, String path) {
    context.response().setStatusCode(303).putHeader(HttpHeaders.LOCATION, path).end();
  }
}
