# What the benchmarks share: a root folder of their own with a registry, that nothing survives; a client; medians.

shopt -s inherit_errexit

SLIPWAY_HOME=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd)
for part in say debian setup java aot user process tls farm registry buildx; do . "$SLIPWAY_HOME/launcher/lib/$part.sh"; done

# begin_bench PACKAGE_SET...: everything installed and built, $root and $registry set; the end of the script ends all it started.
begin_bench() {
  ensure_packages run demo "$@"
  ensure_user
  ensure_jars
  ensure_aot
  root=$(mktemp -d)
  chmod 0755 "$root"
  trap finish_bench EXIT
  trap 'exit 130' INT TERM
  prepare_root "$root"
  start_registry "$root"
  registry=$(cat "$root/run/registry.address")
  "$SLIPWAY_HOME/launcher/base-image" "$SLIPWAY_HOME/target/base-images" "$registry" busybox
  mirror_config "$registry" >"$root/bench.toml"
  mkdir -p "$root/buildx/docker" "$root/farms"
}

finish_bench() {
  local farm
  # What a script started besides the farm.
  ! declare -F finish >/dev/null || finish
  for farm in "$root" "$root"/farms/*; do [ ! -d "$farm/run" ] || stop_farm "$farm"; done
  awk -v below="$root/" 'index($2, below) == 1 { print $2 }' /proc/self/mounts | sort -r | xargs -r -n 1 umount -l
  rm -rf "$root"
}

slipway_client() { DOCKER_CONFIG=$root/buildx/docker BUILDX_CONFIG=$root/buildx BUILDX_NO_DEFAULT_ATTESTATIONS=1 "$BUILDX_PLUGIN" "$@"; }

# builder NAME ADDRESS: a client's name for an endpoint.
builder() {
  slipway_client rm "$1" >/dev/null 2>&1 || true
  slipway_client create --name "$1" --driver remote "$2" >/dev/null
}

# farm_build BUILDER IMAGE FOLDER FLAGS...: milliseconds of one build and push.
farm_build() {
  local builder=$1 image=$2 folder=$3 begun
  shift 3
  begun=$(now_ms)
  slipway_client build --builder "$builder" --progress plain -t "$registry/bench/$image" --push "$@" "$folder" >"$root/log/build.log" 2>&1 ||
    { tail -n 20 "$root/log/build.log" >&2; die "the farm failed to build $image"; }
  echo $(($(now_ms) - begun))
}

# milliseconds COMMAND...: how long it takes.
milliseconds() {
  local begun
  begun=$(now_ms)
  "$@"
  echo $(($(now_ms) - begun))
}

median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

in_seconds() { awk "BEGIN { printf \"%.2f s\", ${1:-0} / 1000 }"; }

ratio_of() { awk "BEGIN { printf \"%.2f\", ${1:-0} / (${2:-0} ? ${2:-0} : 1) }"; }
