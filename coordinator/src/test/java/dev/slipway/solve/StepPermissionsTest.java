package dev.slipway.solve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.error.ErrorKind;
import dev.slipway.graph.Definition;
import dev.slipway.graph.Edge;
import dev.slipway.graph.ExecMeta;
import dev.slipway.graph.Mount;
import dev.slipway.graph.Op;
import dev.slipway.graph.SourceMap;
import dev.slipway.graph.Vertex;
import dev.slipway.graph.VertexMetadata;
import dev.slipway.identity.Principal;
import dev.slipway.identity.Rights;
import dev.slipway.identity.Tenants;
import dev.slipway.plan.BuildGraph;
import dev.slipway.protocol.LlbCodec;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class StepPermissionsTest {
  private static final Tenants FARM =
      Tenants.of(Map.of(), List.of("network.host", "security.insecure"));
  private static final Rights NOTHING = new Rights(Principal.ANONYMOUS, "", FARM);

  @Test
  void aStepOnTheHostsNetworkNeedsItsBuildsEntitlement() throws Exception {
    Op.Exec host = exec(Op.Network.HOST, false, List.of());

    assertRefused(host, NOTHING, ErrorKind.DENIED, "network.host is not allowed");
    assertRefused(
        host,
        NOTHING.granting(List.of("security.insecure")),
        ErrorKind.DENIED,
        "network.host is not allowed");
    assertAllowed(host, NOTHING.granting(List.of("network.host")));
  }

  @Test
  void aStepWithAllRightsNeedsItsBuildsEntitlement() throws Exception {
    Op.Exec insecure = exec(Op.Network.SANDBOX, true, List.of());

    assertRefused(insecure, NOTHING, ErrorKind.DENIED, "security.insecure is not allowed");
    assertAllowed(insecure, NOTHING.granting(List.of("security.insecure")));
  }

  @Test
  void aDeviceIsRefusedUnlessItIsOptional() {
    Op.Device device = new Op.Device("vendor.com/gpu=all", false);

    assertRefused(
        exec(Op.Network.SANDBOX, false, List.of(device)),
        NOTHING,
        ErrorKind.UNSUPPORTED,
        "required device \"vendor.com/gpu=all\" is not registered");
    assertAllowed(
        exec(Op.Network.SANDBOX, false, List.of(new Op.Device("vendor.com/gpu=all", true))),
        NOTHING);
  }

  @Test
  void anEntitlementThatTheFarmDoesNotGiveIsNotGranted() {
    Rights strict = new Rights(Principal.ANONYMOUS, "", Tenants.NONE);

    assertThatThrownBy(() -> strict.granting(List.of("network.host")))
        .hasMessage(
            "granting entitlement network.host is not allowed by build daemon configuration");
    assertThatThrownBy(() -> NOTHING.granting(List.of("moon.landing")))
        .hasMessage("unknown entitlement moon.landing");
  }

  private static void assertRefused(Op.Exec exec, Rights rights, ErrorKind kind, String why) {
    assertThatThrownBy(() -> StepPermissions.check(graph(exec), rights))
        .isInstanceOfSatisfying(
            StepFailure.class, failure -> assertThat(failure.kind()).isEqualTo(kind))
        .hasMessage("failed to load LLB: " + why);
  }

  private static void assertAllowed(Op.Exec exec, Rights rights) {
    assertThatCode(() -> StepPermissions.check(graph(exec), rights)).doesNotThrowAnyException();
  }

  private static BuildGraph graph(Op.Exec exec) throws Exception {
    Vertex vertex = LlbCodec.vertex(exec, List.of(), Optional.empty(), VertexMetadata.NONE);
    return BuildGraph.of(
        List.of(
            new Definition(
                Map.of(vertex.digest(), vertex),
                Optional.of(new Edge(vertex.digest(), 0)),
                SourceMap.EMPTY)));
  }

  private static Op.Exec exec(Op.Network network, boolean insecure, List<Op.Device> devices) {
    ExecMeta meta =
        new ExecMeta(
            List.of("true"), List.of(), "/", "", "", List.of(), List.of(), List.of(), List.of());
    return new Op.Exec(
        meta,
        List.of(new Mount(-1, "", "/", 0, false, new Mount.Kind.Bind())),
        network,
        insecure,
        List.of(),
        devices);
  }
}
