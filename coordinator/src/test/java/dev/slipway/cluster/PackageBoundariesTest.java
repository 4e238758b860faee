package dev.slipway.cluster;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** What the packages of the farm's state may know of each other. */
class PackageBoundariesTest {
  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages(
              "dev.slipway.cluster",
              "dev.slipway.cache",
              "dev.slipway.schedule",
              "dev.slipway.fleet",
              "dev.slipway.solve",
              "dev.slipway.control");

  @Test
  void onlyClusterKnowsHazelcast() {
    noClasses()
        .that()
        .resideOutsideOfPackage("dev.slipway.cluster..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("com.hazelcast..")
        .check(CLASSES);
  }

  @Test
  void dependenciesPointOneWay() {
    noClasses()
        .that()
        .resideInAPackage("dev.slipway.cluster..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "dev.slipway.cache..",
            "dev.slipway.schedule..",
            "dev.slipway.fleet..",
            "dev.slipway.solve..")
        .check(CLASSES);
    noClasses()
        .that()
        .resideInAnyPackage("dev.slipway.cache..", "dev.slipway.schedule..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("dev.slipway.fleet..", "dev.slipway.solve..", "dev.slipway.control..")
        .check(CLASSES);
    noClasses()
        .that()
        .resideInAPackage("dev.slipway.fleet..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("dev.slipway.solve..", "dev.slipway.control..")
        .check(CLASSES);
  }
}
