package dev.slipway.sandbox;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * The filter of system calls, read from the resource {@code denied-syscalls.txt}. OCI runtime-spec
 * v1.0.2, Seccomp.
 */
final class SeccompProfile {
  private static final int EPERM = 1;
  private static final int ENOSYS = 38;
  private static final int AF_VSOCK = 40;

  /** CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET: linux/sched.h. */
  private static final List<Long> NAMESPACE_FLAGS =
      List.of(0x20000L, 0x2000000L, 0x4000000L, 0x8000000L, 0x10000000L, 0x20000000L, 0x40000000L);

  private static final ObjectNode PROFILE = build();

  private SeccompProfile() {}

  /** The profile; a shared value, not to be changed. */
  static ObjectNode json() {
    return PROFILE;
  }

  private static ObjectNode build() {
    ObjectNode profile = JsonNodeFactory.instance.objectNode();
    profile.put("defaultAction", "SCMP_ACT_ALLOW");
    profile.set("architectures", BundleSpec.strings(architectures()));
    ArrayNode rules = profile.putArray("syscalls");
    rule(rules, denied(), EPERM);
    // The flags of clone3 lie in memory where a filter cannot look; C libraries fall back to clone,
    // whose flags it can see.
    rule(rules, List.of("clone3"), ENOSYS);
    for (long flag : NAMESPACE_FLAGS) {
      argument(rule(rules, List.of("clone"), EPERM), flag)
          .put("valueTwo", flag)
          .put("op", "SCMP_CMP_MASKED_EQ");
    }
    argument(rule(rules, List.of("socket"), EPERM), AF_VSOCK).put("op", "SCMP_CMP_EQ");
    return profile;
  }

  private static ObjectNode rule(ArrayNode rules, List<String> names, int errno) {
    ObjectNode rule = rules.addObject();
    rule.set("names", BundleSpec.strings(names));
    rule.put("action", "SCMP_ACT_ERRNO").put("errnoRet", errno);
    return rule;
  }

  private static ObjectNode argument(ObjectNode rule, long value) {
    return rule.putArray("args").addObject().put("index", 0).put("value", value);
  }

  private static List<String> architectures() {
    return switch (System.getProperty("os.arch")) {
      case "amd64", "x86_64" -> List.of("SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32");
      case "aarch64" -> List.of("SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM");
      default -> List.of();
    };
  }

  private static List<String> denied() {
    try (InputStream in = SeccompProfile.class.getResourceAsStream("denied-syscalls.txt")) {
      if (in == null) {
        throw new IllegalStateException("the jar lacks denied-syscalls.txt");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .filter(line -> !line.isBlank() && !line.startsWith("#"))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
