package dev.slipway.explain;

import dev.slipway.oci.Digest;
import java.util.Set;

/**
 * What a build is of, as far as its client says, so that the last build of the same can be found.
 *
 * @param project tells apart what has equal names: the repository of the sources or of the image;
 *     empty = unknown
 * @param name Dockerfile and target, as builds are listed
 * @param arguments names of the build arguments given, without their values
 */
public record Subject(String project, String name, Set<String> arguments) {
  /** A build that nothing is known of. */
  public static final Subject UNKNOWN = new Subject("", "", Set.of());

  public Subject {
    arguments = Set.copyOf(arguments);
  }

  /** The key of the tenant's recipes for it. */
  String slot(String tenant) {
    return Digest.ofText(tenant.length() + ":" + tenant + project.length() + ":" + project + name)
        .value();
  }
}
