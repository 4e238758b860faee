# The JDK, the jars, and how a process of the farm starts.

readonly OLDEST_JDK=25

# Resident memory that stays where it is (docs/benchmarks.md has the figures).
# A small heap, collected by one thread: a coordinator streams, and a worker's bytes go through the kernel. Its size does not depend on the
# machine's. What is kept of ended builds has to die in the young generation (with 20 MB of it 8 MB of each 100 builds were taken for old),
# for the old one is collected only when the heap is full, or when compiled code, of which 64 MB are allowed, has grown by some: that throws
# away what was compiled twice. What compilers allocate for a moment goes back to the system every 5 s, from two arenas instead of eight for
# each processor.
readonly MEMORY_FLAGS='-XX:+UseSerialGC -XX:MaxRAM=1536m -XX:MaxRAMPercentage=50 -XX:InitialRAMPercentage=12.5 -Xmn96m -XX:ReservedCodeCacheSize=64m -XX:TrimNativeHeapInterval=5000'

# find_jdk: the home of a JDK 25 or later ($JAVA_HOME first, then the usual folder), on standard output.
find_jdk() {
  local home
  for home in "${JAVA_HOME:-}" /usr/lib/jvm/*; do
    [ -n "$home" ] && [ -x "$home/bin/javac" ] || continue
    if [ "$(jdk_version "$home")" -ge $OLDEST_JDK ]; then
      printf '%s\n' "$home"
      return 0
    fi
  done
  return 1
}

jdk_version() {
  local version
  version=$(sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$1/release" 2>/dev/null)
  printf '%s' "${version:-0}"
}

use_jdk() {
  JAVA_HOME=$(find_jdk) || die "no JDK $OLDEST_JDK or later: set JAVA_HOME to one, or run: sudo $SLIPWAY_HOME/slipway setup"
  export JAVA_HOME
}

# jar_of coordinator|worker
jar_of() { printf '%s/%s/target/slipway-%s-%s.jar' "$SLIPWAY_HOME" "$1" "$1" "$(slipway_version)"; }

# Whether a source is newer than the jars, or one is missing.
jars_are_stale() {
  local coordinator worker newer
  coordinator=$(jar_of coordinator) worker=$(jar_of worker)
  [ -f "$coordinator" ] && [ -f "$worker" ] || return 0
  for jar in "$coordinator" "$worker"; do
    [ "$jar" = "$coordinator" ] && newer=coordinator || newer=worker
    [ -z "$(find "$SLIPWAY_HOME/pom.xml" "$SLIPWAY_HOME/common/pom.xml" "$SLIPWAY_HOME/common/src/main" "$SLIPWAY_HOME/$newer/pom.xml" \
      "$SLIPWAY_HOME/$newer/src/main" -newer "$jar" -print -quit)" ] || return 0
  done
  return 1
}

ensure_jars() {
  use_jdk
  jars_are_stale || return 0
  local started log lock
  if [ ! -w "$SLIPWAY_HOME/coordinator" ] && [ -f "$(jar_of coordinator)" ] && [ -f "$(jar_of worker)" ]; then
    say "the jars are older than their sources, and $(id -un) may not write to $SLIPWAY_HOME: they are used as they are"
    return 0
  fi
  command -v mvn >/dev/null || die "the jars are not built and Maven is missing; run: sudo $SLIPWAY_HOME/slipway setup"
  # Of several commands at the same time one builds, the others wait for it.
  mkdir -p "$SLIPWAY_HOME/coordinator/target"
  exec {lock}>"$SLIPWAY_HOME/coordinator/target/build.lock"
  flock -w 900 "$lock" || die "another command has been building the jars for a quarter of an hour; end it and try again"
  jars_are_stale || { exec {lock}>&- && return 0; }
  say "building the jars with Maven (the first time this downloads the libraries)"
  started=$(now_ms)
  log=$(mktemp)
  if ! (cd "$SLIPWAY_HOME" && mvn -q -B -ntp -DskipTests -pl common,coordinator,worker package) >"$log" 2>&1; then
    tail -n 40 "$log" >&2
    rm -f "$log"
    die "the build of the jars failed: see above, or run mvn package in $SLIPWAY_HOME"
  fi
  rm -f "$log"
  # Maven leaves a jar whose content did not change as it is; its date is what the next start compares with.
  touch "$(jar_of coordinator)" "$(jar_of worker)"
  exec {lock}>&-
  say "built in $(seconds $(($(now_ms) - started))) s"
}

# java_command coordinator|worker: fills the array JAVA_COMMAND. The flags that the libraries need stand in the parent POM.
java_command() {
  local flags
  flags=$(sed -n 's:.*<jvm.flags>\(.*\)</jvm.flags>.*:\1:p' "$SLIPWAY_HOME/pom.xml")
  # shellcheck disable=SC2206,SC2207
  JAVA_COMMAND=(env MALLOC_ARENA_MAX=2 "$(view "$JAVA_HOME")/bin/java" $flags $MEMORY_FLAGS -XX:+ExitOnOutOfMemoryError $(aot_flags "$1") ${SLIPWAY_JAVA_OPTS:-} -jar "$(view "$(dirname "$(jar_of "$1")")")/$(basename "$(jar_of "$1")")")
}
