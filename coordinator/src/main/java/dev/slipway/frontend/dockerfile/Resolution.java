package dev.slipway.frontend.dockerfile;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.frontend.FrontendBridge;
import dev.slipway.frontend.SourceError;
import dev.slipway.frontend.dockerfile.convert.BaseImage;
import dev.slipway.frontend.dockerfile.convert.ContextKey;
import dev.slipway.frontend.dockerfile.convert.ImageKey;
import dev.slipway.frontend.dockerfile.convert.Missing;
import dev.slipway.frontend.dockerfile.convert.NamedContext;
import dev.slipway.frontend.dockerfile.convert.Resolved;
import dev.slipway.frontend.dockerfile.instruction.Suggestion;
import dev.slipway.frontend.dockerfile.parser.SourceText;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Asks for all images and named contexts at once, a virtual thread each. */
record Resolution(FrontendOptions options, FrontendBridge bridge, SourceText source) {
  /** Images and contexts of one round; the registry client bounds its connections itself. */
  private static final int MOST = 500;

  /** Images that people mean when they mistype a name. */
  private static final List<String> COMMON =
      List.of("alpine", "busybox", "centos", "debian", "golang", "ubuntu", "fedora");

  Resolved resolve(Missing missing) throws SlipwayException, IOException, InterruptedException {
    if (missing.images().size() + missing.contexts().size() > MOST) {
      throw new SlipwayException(
          ErrorKind.EXHAUSTED, "the Dockerfile names more than " + MOST + " images");
    }
    NamedContextResolver contexts = new NamedContextResolver(options, bridge);
    Map<ImageKey, Future<BaseImage>> images = new LinkedHashMap<>();
    Map<ContextKey, Future<NamedContext>> named = new LinkedHashMap<>();
    ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    try {
      missing
          .images()
          .forEach((key, use) ->
              images.put(key, threads.submit(() -> image(key, use, missing.names()))));
      missing
          .contexts()
          .forEach((key, use) ->
              named.put(
                  key, threads.submit(() -> located(use, "", "", () -> contexts.resolve(key)))));
      return new Resolved(all(images), all(named));
    } finally {
      threads.shutdownNow();
    }
  }

  private static <K, V> Map<K, V> all(Map<K, Future<V>> running)
      throws SlipwayException, IOException, InterruptedException {
    Map<K, V> done = new LinkedHashMap<>();
    for (Map.Entry<K, Future<V>> entry : running.entrySet()) {
      try {
        done.put(entry.getKey(), entry.getValue().get());
      } catch (ExecutionException e) {
        switch (e.getCause()) {
          case SlipwayException cause -> throw cause;
          case IOException cause -> throw cause;
          case InterruptedException cause ->
              throw new SlipwayException(
                  ErrorKind.CANCELLED, "resolving images was cancelled", cause);
          default -> throw new IllegalStateException("resolving images failed", e.getCause());
        }
      }
    }
    return done;
  }

  private BaseImage image(ImageKey key, Missing.Use use, List<String> names) throws Exception {
    String prefix =
        options.multiPlatform() ? "[" + key.platform().id() + " internal]" : "[internal]";
    return located(
        use,
        use.written() + ": ",
        suggestion(use.written(), names),
        () -> {
          FrontendBridge.ResolvedImage image =
              bridge.resolveImage(
                  key.reference(),
                  key.platform(),
                  options.imageResolveMode(),
                  prefix + " load metadata for " + key.reference());
          return new BaseImage(image.reference(), image.digest(), image.config());
        });
  }

  private static String suggestion(String written, List<String> names) {
    List<String> candidates = new ArrayList<>(names);
    for (String name : COMMON) {
      candidates.add(name);
      candidates.add(name + ":latest");
    }
    return Suggestion.of(written, candidates);
  }

  /** Says in which line the name was written. */
  private <T> T located(Missing.Use use, String before, String after, Callable<T> call)
      throws Exception {
    try {
      return call.call();
    } catch (SlipwayException e) {
      SourceError located = source.error(e.kind(), use.range(), before + e.getMessage() + after);
      located.initCause(e);
      throw located;
    }
  }
}
