package dev.slipway.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.error.SlipwayException;
import dev.slipway.graph.Definition;
import dev.slipway.graph.Edge;
import dev.slipway.graph.FileAction;
import dev.slipway.graph.Op;
import dev.slipway.graph.SourceMap;
import dev.slipway.graph.Vertex;
import dev.slipway.graph.VertexMetadata;
import dev.slipway.oci.Digest;
import dev.slipway.protocol.LlbCodec;
import dev.slipway.protocol.buildkit.policy.AttrConstraint;
import dev.slipway.protocol.buildkit.policy.AttrMatch;
import dev.slipway.protocol.buildkit.policy.MatchType;
import dev.slipway.protocol.buildkit.policy.Policy;
import dev.slipway.protocol.buildkit.policy.PolicyAction;
import dev.slipway.protocol.buildkit.policy.Rule;
import dev.slipway.protocol.buildkit.policy.Selector;
import dev.slipway.protocol.buildkit.policy.Update;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class BuildPolicyTest {
  private static final String ALPINE = "docker-image://docker.io/library/alpine:latest";

  private static Rule.Builder rule(PolicyAction action, MatchType match, String identifier) {
    return Rule.newBuilder()
        .setAction(action)
        .setSelector(Selector.newBuilder().setIdentifier(identifier).setMatchType(match));
  }

  private static Rule convert(MatchType match, String from, String to) {
    return rule(PolicyAction.CONVERT, match, from)
        .setUpdates(Update.newBuilder().setIdentifier(to))
        .build();
  }

  private static BuildPolicy policy(Rule... rules) throws SlipwayException {
    return new BuildPolicy(
        List.of(SourcePolicy.of(Policy.newBuilder().addAllRules(List.of(rules)).build())),
        Optional.empty(),
        Op.Source::identifier);
  }

  private static Op.Source checked(BuildPolicy policy, String identifier)
      throws SlipwayException, InterruptedException {
    return policy.check(new Op.Source(identifier, Map.of()), Optional.empty(), List.of());
  }

  @Test
  void whatNoRuleIsForIsAllowed() throws Exception {
    BuildPolicy policy = policy(rule(PolicyAction.DENY, MatchType.EXACT, "http://x").build());

    assertThat(checked(policy, ALPINE).identifier()).isEqualTo(ALPINE);
  }

  @Test
  void aDeniedSourceIsToldInBuildkitsWords() throws Exception {
    BuildPolicy policy = policy(rule(PolicyAction.DENY, MatchType.EXACT, ALPINE).build());

    assertThatThrownBy(() -> checked(policy, ALPINE))
        .hasMessage(
            "could not resolve image due to policy: source \""
                + ALPINE
                + "\" denied by policy: source denied by policy");
  }

  @Test
  void theLastOfAllowAndDenyHolds() throws Exception {
    BuildPolicy allowed =
        policy(
            rule(PolicyAction.DENY, MatchType.WILDCARD, "docker-image://*").build(),
            rule(PolicyAction.ALLOW, MatchType.EXACT, ALPINE).build());

    assertThat(checked(allowed, ALPINE).identifier()).isEqualTo(ALPINE);
    assertThatThrownBy(() -> checked(allowed, "docker-image://docker.io/library/busybox:latest"))
        .hasMessageContaining("denied by policy");
  }

  @Test
  void aWildcardGoesIntoTheNewName() throws Exception {
    BuildPolicy policy =
        policy(
            convert(
                MatchType.WILDCARD,
                "docker-image://docker.io/library/golang:*",
                "docker-image://docker.io/library/golang:${1}-alpine"),
            rule(PolicyAction.ALLOW, MatchType.WILDCARD, "*").build());

    assertThatThrownBy(() -> checked(policy, "docker-image://docker.io/library/golang:1.19"))
        .hasMessageContaining("too many operations");
  }

  @Test
  void groupsOfARegularExpressionGoIntoTheNewName() throws Exception {
    BuildPolicy policy =
        policy(
            convert(
                MatchType.REGEX,
                "^docker-image://docker\\.io/library/(\\w+):latest$",
                "docker-image://mirror.test/$1:stable"));

    assertThat(checked(policy, ALPINE).identifier())
        .isEqualTo("docker-image://mirror.test/alpine:stable");
  }

  @Test
  void attributesCanBeAddedWithoutAnotherName() throws Exception {
    BuildPolicy policy =
        policy(
            rule(PolicyAction.CONVERT, MatchType.EXACT, "https://host.test/file")
                .setUpdates(Update.newBuilder().putAttrs("http.checksum", "sha256:1"))
                .build());

    assertThat(checked(policy, "https://host.test/file"))
        .isEqualTo(new Op.Source("https://host.test/file", Map.of("http.checksum", "sha256:1")));
  }

  @Test
  void conditionsOnAttributesHaveToHold() throws Exception {
    Selector.Builder selector =
        Selector.newBuilder()
            .setIdentifier("https://*")
            .addConstraints(
                AttrConstraint.newBuilder()
                    .setKey("http.checksum")
                    .setValue("^$")
                    .setCondition(AttrMatch.MATCHES));
    BuildPolicy policy =
        policy(Rule.newBuilder().setAction(PolicyAction.DENY).setSelector(selector).build());

    assertThatThrownBy(() -> checked(policy, "https://host.test/file"))
        .hasMessageContaining("denied by policy");
    assertThat(
            policy.check(
                new Op.Source("https://host.test/file", Map.of("http.checksum", "sha256:1")),
                Optional.empty(),
                List.of()))
        .isNotNull();
  }

  @Test
  void twoStarsAreNoWildcard() throws Exception {
    BuildPolicy policy = policy(rule(PolicyAction.DENY, MatchType.WILDCARD, "a**").build());

    assertThatThrownBy(() -> checked(policy, ALPINE))
        .hasMessageContaining("invalid wildcard: \"**\"");
  }

  @Test
  void aRuleWithoutASelectorIsRefused() {
    Policy wire = Policy.newBuilder().addRules(Rule.getDefaultInstance()).build();

    assertThatThrownBy(() -> SourcePolicy.of(wire)).hasMessage("invalid nil selector in policy");
  }

  @Test
  void whatBuildsOnAReplacedSourceGetsAnotherDigestAndKeepsItsPlaceInTheFile() throws Exception {
    Vertex source =
        LlbCodec.vertex(
            new Op.Source(ALPINE, Map.of()), List.of(), Optional.empty(), VertexMetadata.NONE);
    Vertex step =
        LlbCodec.vertex(
            new Op.File(
                List.of(new FileAction(0, -1, 0, new FileAction.Change.Remove("/x", true, false)))),
            List.of(new Edge(source.digest(), 0)),
            Optional.empty(),
            VertexMetadata.NONE);
    Map<Digest, Vertex> vertices = new LinkedHashMap<>();
    vertices.put(source.digest(), source);
    vertices.put(step.digest(), step);
    Definition definition =
        new Definition(
            vertices,
            Optional.of(new Edge(step.digest(), 0)),
            new SourceMap(List.of(), Map.of(step.digest(), List.of())));

    Definition rewritten =
        policy(convert(MatchType.EXACT, ALPINE, "docker-image://docker.io/library/busybox:latest"))
            .apply(definition);

    Digest target = rewritten.result().orElseThrow().vertex();
    assertThat(target).isNotEqualTo(step.digest());
    assertThat(rewritten.vertex(rewritten.vertex(target).inputs().getFirst().vertex()).op())
        .isEqualTo(new Op.Source("docker-image://docker.io/library/busybox:latest", Map.of()));
    assertThat(rewritten.sources().locations()).containsOnlyKeys(target);
  }

  @Test
  void withoutRulesADefinitionStaysWhatItIs() throws Exception {
    assertThat(BuildPolicy.NONE.apply(Definition.SCRATCH)).isSameAs(Definition.SCRATCH);
  }
}
