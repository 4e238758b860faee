# usage: slipway quickstart [--keep] [--root DIR]
#
# Installs what is missing, builds the jars, starts a coordinator, two workers and a registry on this machine, builds examples/hello with
# docker buildx for linux/amd64 and linux/arm64, pushes it and shows what was made, where and how fast. Then builds it again: all cached.
# Everything is ended afterwards, unless --keep. No registry on the internet is needed: the base images are made on the spot.

command_quickstart() {
  local root keep= registry image images begun
  root=$(farm_home)/quickstart
  while [ $# -gt 0 ]; do
    case $1 in
      --root=*) root=$(realpath -m "${1#*=}") && shift ;;
      --root) need_value "$1" $# && root=$(realpath -m "$2") && shift 2 ;;
      --keep) keep=yes && shift ;;
      -h | --help) help_of quickstart && return ;;
      *) die "quickstart does not know '$1'; see: slipway quickstart --help" ;;
    esac
  done
  ensure_packages run demo
  ensure_user
  ensure_jars
  ensure_aot
  ! running "$root" coordinator || die "the quickstart's farm already runs; end it with: slipway down --root $root"
  QUICKSTART_ROOT=$root
  trap 'stop_farm "$QUICKSTART_ROOT"' EXIT
  trap 'exit 130' INT TERM HUP
  remove_state "$root"
  prepare_root "$root"
  start_registry "$root"
  registry=$(cat "$root/run/registry.address") image=$registry/hello:1
  begun=$(now_ms)
  # Made once for the tests and the benchmark too, where the tree may be written to.
  images=$SLIPWAY_HOME/target/base-images
  [ -w "$SLIPWAY_HOME" ] || images=$root/cache/base-images
  "$SLIPWAY_HOME/launcher/base-image" "$images" "$registry" busybox gcc
  say "a registry on $registry holds the base images busybox and gcc (made from Debian's packages in $(seconds $(($(now_ms) - begun))) s)"
  mirror_config "$registry" >"$root/quickstart.toml"
  start_farm "$root" 1 2 "$(nproc)" "$root/quickstart.toml" 127.0.0.1:0 tcp://127.0.0.1:0
  rm -rf "$root/buildx"
  buildx "$root" create --name quickstart --driver remote "$(head -n 1 "$root/run/grpc.address")" >/dev/null
  buildx "$root" inspect --bootstrap quickstart

  quickstart_build "$root" "$image" "first build"
  show_manifests "$root" "$image"
  quickstart_build "$root" "$image" "the same again"
  all_cached "$root" || die "the second build ran steps again; see the report above"
  if [ -n "$keep" ]; then
    trap - EXIT
    say "the farm is left running; end it with: slipway down --root $root"
    say "try: BUILDX_CONFIG=$root/buildx $BUILDX_PLUGIN build --builder quickstart --platform linux/amd64,linux/arm64 -t $registry/app:1 --push ."
  fi
}

quickstart_build() {
  local root=$1 image=$2 title=$3 begun took
  printf '\n== %s: docker buildx build --platform linux/amd64,linux/arm64 -t %s --push examples/hello\n' "$title" "$image"
  begun=$(now_ms)
  buildx "$root" build --builder quickstart --progress plain --platform linux/amd64,linux/arm64 -t "$image" --push \
    "$SLIPWAY_HOME/examples/hello" 2>&1 || die "the build failed; logs: $root/log"
  took=$(($(now_ms) - begun))
  printf '\n'
  last_build "$root" | jq -r '"WORKER      SECONDS   STEP", (.steps[] |
    "\((if .worker == "" then "-" else .worker end) + " " * ([1, 12 - (if .worker == "" then 1 else .worker | length end)] | max))\(if .cached then "cached   " else (.seconds | tostring) + " " * ([1, 9 - (.seconds | tostring | length)] | max) end) \(.name)")'
  printf '%s: %s s; %s\n' "$title" "$(seconds $took)" \
    "$(last_build "$root" | jq -r '"\(.steps | length) steps, \(.cachedSteps) from the cache, workers: \([.steps[].worker | select(. != "")] | unique | join(", "))"')"
}

show_manifests() {
  printf '\n== the manifest list\n'
  buildx "$1" imagetools inspect "$2"
}

last_build() { farm_builds "$1" | jq '.builds[0]'; }

farm_builds() { curl -fsS --max-time 5 "http://$(cat "$1/run/http.address")/api/v1/builds"; }

all_cached() { last_build "$1" | jq -e '.steps != [] and (.cachedSteps == (.steps | length))' >/dev/null; }
