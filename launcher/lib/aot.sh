# Fast starts: a trained JVM cache (JDK 25's AOT cache: classes loaded and linked, methods profiled) beside each jar. It takes two thirds off
# the processor time of a start. It is made once after each build of the jars; SLIPWAY_AOT=no goes without.

# A training run ends with the writing of the cache.
readonly TRAINING_PATIENCE_MS=60000

aot_of() { printf '%s' "$(dirname "$(jar_of "$1")")/$1.aot"; }

aot_is_fresh() { [ -s "$(aot_of "$1")" ] && [ "$(aot_of "$1")" -nt "$(jar_of "$1")" ]; }

# ensure_aot: after ensure_jars and ensure_user. Without a cache everything works, only slower: a failure is said and forgiven.
ensure_aot() {
  [ "${SLIPWAY_AOT:-}" != no ] || return 0
  [ -w "$(dirname "$(jar_of coordinator)")" ] || return 0
  ! aot_is_fresh coordinator || ! aot_is_fresh worker || return 0
  # Of two starts at once one trains, the other waits for it and has its caches.
  local started root lock
  exec {lock}>"$(aot_of coordinator).lock"
  flock -w $((TRAINING_PATIENCE_MS / 500)) "$lock" || { exec {lock}>&- && return 0; }
  ! aot_is_fresh coordinator || ! aot_is_fresh worker || { exec {lock}>&- && return 0; }
  started=$(now_ms)
  say "training the JVM caches of both processes (once after each build)"
  root=$(mktemp -d)
  chmod 0755 "$root"
  if (exec {lock}>&- && train "$root") 2>"$root.log"; then
    say "trained in $(seconds $(($(now_ms) - started))) s"
  else
    say "the training failed, the farm starts without it: $(tail -n 3 "$root.log" | paste -sd' ')"
    # Not tried again until the jars change.
    touch "$(aot_of coordinator)" "$(aot_of worker)"
  fi
  if is_root; then rm -rf "$root"; else rootlesskit rm -rf "$root"; fi
  rm -f "$root.log"
  exec {lock}>&-
}

train() {
  local root=$1 name deadline
  VIEWS=() TLS_FILES=() FARM_TLS=
  prepare_root "$root"
  trap 'stop_farm "$root" >/dev/null 2>&1' EXIT
  : >"$root/run/links"
  TRAINING=$(view "$root")
  : >"$root/training.toml"
  if can_train_builds; then
    start_registry "$root"
    mirror_config "$(cat "$root/run/registry.address")" >"$root/training.toml"
  fi
  start_coordinators "$root" 1 "$root/training.toml" 127.0.0.1:0 tcp://127.0.0.1:0
  start_worker "$root" 1 1
  wait_for "$root" worker-1 "$root/worker-1/run/http.address" readyz
  # What a first client asks for loads a good part of the rest. A build that fails costs speed only.
  ! can_train_builds || training_builds "$root" >"$root/log/training.log" 2>&1 || say "no build was trained: $(tail -n 1 "$root/log/training.log")"
  curl -fsS -o /dev/null "http://$(cat "$root/run/http.address")/metrics"
  for name in worker-1 coordinator; do
    kill -TERM "$(pid_of "$root" $name)"
    sleep 0.3
  done
  for name in worker-1 coordinator; do
    deadline=$(($(now_ms) + TRAINING_PATIENCE_MS))
    while running "$root" $name; do
      [ "$(now_ms)" -lt $deadline ] || die "$name did not write its cache"
      sleep 0.1
    done
  done
  for name in worker coordinator; do
    [ -s "$root/cache/$name.aot" ] || die "no $name.aot was written"
    cp "$root/cache/$name.aot" "$(aot_of $name).new"
    chmod 0644 "$(aot_of $name).new"
    mv "$(aot_of $name).new" "$(aot_of $name)"
  done
}

# A client, a registry and a static program to make an image of; where one is missing, the start alone is trained.
can_train_builds() { [ -x "$BUILDX_PLUGIN" ] && probe_finds docker-registry && training_program >/dev/null; }

training_program() { PATH=$PATH:/usr/sbin:/sbin command -v qemu-x86_64-static qemu-aarch64-static | head -n 1 | grep .; }

# A base image, an image on top of it, and that from the cache: what the first build of a farm would load, at 0.55 times the coordinator's
# processor time of a training without builds.
training_builds() {
  local root=$1 folder=$1/training registry round
  registry=$(cat "$root/run/registry.address")
  mkdir -p "$folder"
  cp "$(training_program)" "$folder/program"
  printf 'FROM scratch\nCOPY program /program\n' >"$folder/base"
  printf 'FROM %s/base AS one\nRUN ["/program", "--version"]\nFROM %s/base\nCOPY --from=one /program /copy\nCOPY base /base\n' "$registry" "$registry" >"$folder/image"
  buildx "$root" create --name training --driver remote "$(head -n 1 "$root/run/grpc.address")"
  training_build "$root" base base
  for round in 1 2 3; do training_build "$root" image "image:$round"; done
}

training_build() {
  DOCKER_CONFIG=$1/buildx/docker BUILDX_CONFIG=$1/buildx BUILDX_NO_DEFAULT_ATTESTATIONS=1 timeout $((TRAINING_PATIENCE_MS / 1000)) \
    "$BUILDX_PLUGIN" build --builder training --progress plain -f "$1/training/$2" -t "$(cat "$1/run/registry.address")/$3" --push "$1/training"
}

# aot_flags coordinator|worker
aot_flags() {
  if [ -n "${TRAINING:-}" ]; then
    printf -- '-XX:AOTCacheOutput=%s/cache/%s.aot' "$TRAINING" "$1"
  elif [ "${SLIPWAY_AOT:-}" != no ] && aot_is_fresh "$1"; then
    printf -- '-XX:AOTCache=%s/%s.aot' "$(view "$(dirname "$(jar_of "$1")")")" "$1"
  fi
}
