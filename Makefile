# The few things people do with this tree. `make test` sets the machine up and runs every test.
SHELL := /bin/bash
JAVA_HOME = $(shell . launcher/lib/say.sh && SLIPWAY_HOME=. && . launcher/lib/java.sh && find_jdk)
MVN = JAVA_HOME="$(JAVA_HOME)" mvn -B -ntp

.PHONY: build test storm fuzz setup format metrics compatibility dashboards bench clean

build: ; @./slipway build

setup: ; @./slipway setup --tests

# The end-to-end module comes last: the jars are there when its tests start farms. Coordinator and worker are tested at the same time.
test: setup
	$(MVN) -T 2 -fae verify

# Builds under faults drawn from seeds: make storm SEEDS=1-20
storm: setup
	$(MVN) verify -Dtest=StormE2eTest -Dsurefire.failIfNoSpecifiedTests=false -Dslipway.storm.seeds=$(or $(SEEDS),1-10)

# Fuzzes what reads other people's bytes, each target for TIME seconds: make fuzz TIME=600 TARGETS="LayerTarFuzz DefinitionFuzz"
fuzz: ; @fuzz/run $(or $(TIME),60) $(TARGETS)

format: ; $(MVN) -q spotless:apply

# docs/metrics.md, from the catalogue in the code.
metrics: build ; @"$(JAVA_HOME)/bin/java" -cp common/target/classes dev.slipway.telemetry.Catalogue docs/metrics.md

# docs/compatibility.md, from what the tests say they show.
compatibility: ; @"$(JAVA_HOME)/bin/java" common/src/test/java/dev/slipway/compatibility/CompatibilityPage.java .

# The Grafana dashboards, from dashboards/source.
dashboards: ; @cd dashboards && for file in source/*.board; do name=$${file#source/}; jq -f expand.jq "$$file" > "slipway-$${name%.board}.json"; done

bench: ; @bench/run

clean: ; $(MVN) -q clean
