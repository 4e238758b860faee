package dev.slipway;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.core.importer.Location;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** The rules of docs/architecture.md that a compiler does not hold. */
@AnalyzeClasses(
    packages = "dev.slipway",
    importOptions = {ImportOption.DoNotIncludeTests.class, ArchitectureTest.NoTestJars.class})
class ArchitectureTest {
  /** The tests of common come in a jar. */
  static final class NoTestJars implements ImportOption {
    @Override
    public boolean includes(Location location) {
      return !location.contains("-tests.jar");
    }
  }

  @ArchTest
  static final ArchRule dataFlowsOneWayThroughThePackages =
      slices().matching("dev.slipway.(*)..").should().beFreeOfCycles();

  @ArchTest
  static final ArchRule onlyTheClusterKnowsHazelcast =
      noClasses()
          .that()
          .resideOutsideOfPackage("dev.slipway.cluster..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("com.hazelcast..");

  @ArchTest
  static final ArchRule thePureCoreDoesNoInputOrOutput =
      noClasses()
          .that()
          .resideInAnyPackage(
              "dev.slipway.graph..",
              "dev.slipway.oci..",
              "dev.slipway.plan..",
              "dev.slipway.frontend.dockerfile.parser..",
              "dev.slipway.frontend.dockerfile.instruction..",
              "dev.slipway.frontend.dockerfile.shell..",
              "dev.slipway.frontend.dockerfile.convert..",
              "dev.slipway.frontend.dockerfile.lint..",
              "dev.slipway.frontend.dockerfile.subrequest..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "java.nio.file..", "java.net..", "io.grpc..", "io.netty..", "io.vertx..");

  @ArchTest
  static final ArchRule wireMessagesStopAtTheEdge =
      noClasses()
          .that()
          .resideInAnyPackage(
              "dev.slipway.graph..",
              "dev.slipway.oci..",
              "dev.slipway.plan..",
              "dev.slipway.cache..",
              "dev.slipway.schedule..",
              "dev.slipway.registry..",
              "dev.slipway.frontend.dockerfile.parser..",
              "dev.slipway.frontend.dockerfile.instruction..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("dev.slipway.protocol.buildkit..");

  @ArchTest
  static final ArchRule coordinatorAndCommonPrintNothing =
      noClasses()
          .that()
          .resideOutsideOfPackage("dev.slipway")
          .should()
          .accessField(System.class, "out")
          .orShould()
          .accessField(System.class, "err");
}
