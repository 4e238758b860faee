package dev.slipway.session;

import dev.slipway.context.ContextTree;
import dev.slipway.error.SlipwayException;
import dev.slipway.protocol.ByteCall;
import dev.slipway.registry.Authenticator;
import io.grpc.Channel;
import java.util.List;
import java.util.Optional;
import java.util.function.LongConsumer;

/**
 * One client's tunnel. Methods block; call them on virtual threads. Dies with its stream: then
 * every call fails UNAVAILABLE. @ThreadSafe
 */
public interface Session {
  String id();

  /** The client's key for telling contexts apart over sessions; may be empty. */
  String sharedKey();

  /**
   * Whether the client serves the method, {@code /package.Service/Method}; case does not matter.
   */
  boolean supports(String method);

  boolean isOpen();

  /**
   * Has the action run once when the session has ended, at once if it has already. It runs on a
   * virtual thread and may block.
   */
  void onClose(Runnable action);

  /**
   * Receives a directory of the client; files that did not change since the last time under the
   * same shared key are not sent again.
   *
   * @param received called with the bytes received so far
   */
  ContextTree receive(LocalRequest request, LongConsumer received)
      throws SlipwayException, InterruptedException;

  /** Credentials and tokens for registries, from the client's own configuration. */
  Authenticator authenticator();

  /** Where the client takes what is exported. */
  ClientTargets targets();

  /**
   * The client's secret of that id, 500 KiB at most; empty when the client has none or serves no
   * secrets. Whoever needs it then says {@code secret ID: not found}, as BuildKit does. The value
   * is for the step or request that asked and is kept nowhere.
   */
  Optional<SecretValue> secret(String id) throws SlipwayException, InterruptedException;

  /** The client's services; its calls end UNAVAILABLE when the session has ended. */
  Channel channel();

  /**
   * Checks that the client shares an ssh agent (or a socket) of that id; the empty one is its
   * default. @throws SlipwayException with the client's words, or UNAVAILABLE when it is gone
   */
  void checkAgent(String id) throws SlipwayException, InterruptedException;

  /** Connects to that agent; what the client refuses is heard at the first read. */
  ByteCall<?, ?> connectAgent(String id);

  /**
   * Which directory, and which part of it. Patterns as in .dockerignore; the client applies them.
   *
   * @param name {@code context}, {@code dockerfile}
   * @param sharedKeyHint attribute {@code local.sharedkeyhint}
   * @param compareMetadata whether equal size, time, mode and owner mean an equal file
   * @param contentOnlyOf patterns of the files that are wanted with their content, the others being
   *     listed in one file at the root; empty = all are wanted so
   */
  record LocalRequest(
      String name,
      List<String> includePatterns,
      List<String> excludePatterns,
      List<String> followPaths,
      String sharedKeyHint,
      boolean compareMetadata,
      Optional<List<String>> contentOnlyOf) {
    public LocalRequest {
      includePatterns = List.copyOf(includePatterns);
      excludePatterns = List.copyOf(excludePatterns);
      followPaths = List.copyOf(followPaths);
      contentOnlyOf = contentOnlyOf.map(List::copyOf);
    }

    /** All files with their content. */
    public LocalRequest(
        String name,
        List<String> includePatterns,
        List<String> excludePatterns,
        List<String> followPaths,
        String sharedKeyHint,
        boolean compareMetadata) {
      this(
          name,
          includePatterns,
          excludePatterns,
          followPaths,
          sharedKeyHint,
          compareMetadata,
          Optional.empty());
    }
  }
}
