# A farm on this machine: one coordinator, its workers, all below one root folder.
#   ROOT/join-token  ROOT/config.toml  ROOT/log/*.log  ROOT/run/{*.pid,*.address}  ROOT/coordinator  ROOT/worker-N

# How long a start may take on a busy machine with cold disks. It takes a few seconds.
readonly START_PATIENCE_MS=90000
# Processes and threads of all workers of one user: a fork bomb leaves the rest of a machine's 32768 process ids to others.
readonly WORKER_PROCESSES=24576

# config_value FILE SECTION KEY: the strings or number of a key in buildkitd's TOML, one a line; for what the launcher itself has to know.
config_value() {
  [ -n "$1" ] || return 0
  awk -v section="$2" -v key="$3" '
    /^[ \t]*\[/ { here = $0; gsub(/[][ \t]/, "", here); next }
    here == section && $0 ~ "^[ \t]*" key "[ \t]*=" {
      sub(/^[^=]*=[ \t]*/, ""); sub(/[ \t]*#[^"]*$/, ""); gsub(/[][" \t]/, "")
      n = split($0, values, ","); for (i = 1; i <= n; i++) if (values[i] != "") print values[i]
    }' "$1"
}

# prepare_root ROOT: the folders, owned by the farm's user.
prepare_root() {
  local root=$1 folder
  mkdir -p "$root"
  for folder in run log cache; do mkdir -p "$root/$folder"; done
  if is_root; then
    chown "$FARM_USER:$FARM_USER" "$root" "$root/run" "$root/log" "$root/cache"
  fi
  chmod 0711 "$root" 2>/dev/null || true
  show "$root"
  show "$SLIPWAY_HOME"
  show "$JAVA_HOME"
  if [ ! -s "$root/join-token" ]; then
    (umask 077 && head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n' >"$root/join-token")
    ! is_root || chown "$FARM_USER:$FARM_USER" "$root/join-token"
  fi
}

# start_coordinator ROOT CONFIG HTTP ADDR...: CONFIG may be empty.
start_coordinator() {
  local root=$1 config=$2 http=$3 addr seen
  shift 3
  seen=$(view "$root")
  local arguments=(--root "$seen" --http "$http" --workers-listen "127.0.0.1:$WORKERS_PORT" --join-token-file "$seen/join-token")
  for addr in "$@"; do arguments+=(--addr "$(reachable_address "$root" "$addr")"); done
  # Workers take the file that is there: an earlier farm's is not this one's.
  [ -n "$config" ] || rm -f "$root/config.toml"
  if [ -n "$config" ]; then
    install -m 0644 "$config" "$root/config.toml"
    arguments+=(--config "$seen/config.toml")
  fi
  rm -f "$root"/run/{grpc,http,workers}.address
  java_command coordinator
  start_process "$root" coordinator "${JAVA_COMMAND[@]}" "${arguments[@]}"
}

# A unix socket in a folder that the farm's user may not write is made below ROOT/run, with a link where it was asked for.
reachable_address() {
  local root=$1 addr=$2 path folder
  if [[ $addr != unix://* ]]; then
    printf '%s' "$addr"
    return
  fi
  path=${addr#unix://} folder=$(dirname "${addr#unix://}")
  mkdir -p "$folder"
  if ! is_root || as_farm test -w "$folder" -a -x "$folder"; then
    printf '%s' "$addr"
    return
  fi
  local socket=$root/run/$(basename "$path")
  [ ! -S "$path" ] && [ ! -L "$path" ] || rm -f "$path"
  [ "$socket" = "$path" ] || ln -s "$socket" "$path"
  printf '%s\n' "$path" >>"$root/run/links"
  printf 'unix://%s/run/%s' "$(view "$root")" "$(basename "$path")"
}

# start_worker ROOT NUMBER SLOTS
start_worker() {
  local root=$1 name=worker-$2 slots=$3 seen
  local home=$root/$name
  mkdir -p "$home"
  ! is_root || chown "$FARM_USER:$FARM_USER" "$home"
  rm -rf "$home/run/http.address" "$home/rootlesskit"
  seen=$(view "$root")
  java_command worker
  local arguments=()
  [ ! -f "$root/config.toml" ] || arguments+=(--config "$seen/config.toml")
  # A process namespace: whatever ends the worker ends its containers too.
  # The namespace keeps the limit it is made under: whatever ids a step takes on, all of them together stay below it.
  start_process "$root" "$name" bash -c 'ulimit -u "$0" 2>/dev/null || true; exec "$@"' $WORKER_PROCESSES rootlesskit --net=host --pidns --copy-up=/etc --copy-up=/run --state-dir="$seen/$name/rootlesskit" \
    "${JAVA_COMMAND[@]}" --root "$seen/$name" --coordinator "127.0.0.1:$WORKERS_PORT" --join-token-file "$seen/join-token" \
    --slots "$slots" --listen 127.0.0.1:0 --name "$name" "${arguments[@]}"
}

# wait_for ROOT NAME ADDRESS_FILE livez|readyz: until the process answers; ends everything, with the end of its log, if it does not.
wait_for() {
  local root=$1 name=$2 file=$3 deadline address
  deadline=$(($(now_ms) + START_PATIENCE_MS))
  until [ -s "$file" ] && read -r address <"$file" && curl -fsS -o /dev/null --max-time 2 "http://$address/$4" 2>/dev/null; do
    running "$root" "$name" || fail_start "$root" "$name" "$name ended while it started"
    [ "$(now_ms)" -lt $deadline ] || fail_start "$root" "$name" "$name is not ready after $((START_PATIENCE_MS / 1000)) s"
    sleep 0.05
  done
}

fail_start() {
  say "the end of $1/log/$2.log:"
  tail -n 15 "$1/log/$2.log" >&2 || true
  # shellcheck disable=SC2046
  stop_processes "$1" $(process_names "$1")
  die "$3"
}

# start_farm ROOT WORKERS SLOTS CONFIG HTTP ADDR...: returns when all are ready.
start_farm() {
  local root=$1 workers=$2 slots=$3 config=$4 http=$5 started number name
  shift 5
  started=$(now_ms)
  for name in $(process_names "$root"); do
    [ "$name" = registry ] || ! running "$root" "$name" || die "a farm already runs in $root ($name, process $(pid_of "$root" "$name")); end it with: slipway down --root $root"
  done
  prepare_root "$root"
  : >"$root/run/links"
  # All at once: a worker that is there first asks again until the coordinator answers.
  WORKERS_PORT=$(free_port)
  start_coordinator "$root" "$config" "$http" "$@"
  for ((number = 1; number <= workers; number++)); do start_worker "$root" "$number" "$slots"; done
  for ((number = 1; number <= workers; number++)); do wait_for "$root" "worker-$number" "$root/worker-$number/run/http.address" readyz; done
  wait_for "$root" coordinator "$root/run/http.address" readyz
  rewrite_links "$root"
  say "ready after $(seconds $(($(now_ms) - started))) s: $workers worker(s) with $slots slot(s), $(paste -sd' ' "$root/run/grpc.address")," \
    "web http://$(cat "$root/run/http.address")"
}

# remove_state ROOT: workers' files belong to subordinate ids, which only root or the user inside its namespace may remove.
remove_state() {
  local root=$1 folders=()
  mapfile -t folders < <(find "$root" -mindepth 1 -maxdepth 1 \( -name coordinator -o -name 'worker-*' -o -name registry -o -name log \) 2>/dev/null)
  [ ${#folders[@]} -gt 0 ] || return 0
  if is_root; then rm -rf "${folders[@]}"; else rootlesskit rm -rf "${folders[@]}"; fi
}

# The addresses as clients reach them, where a link stands in for a socket.
rewrite_links() {
  local link
  while read -r link; do
    sed -i "s|^unix://.*/$(basename "$link")\$|unix://$link|" "$1/run/grpc.address"
  done <"$1/run/links"
}

stop_farm() {
  local root=$1 link
  # shellcheck disable=SC2046
  stop_processes "$root" $(process_names "$root")
  if [ -r "$root/run/links" ]; then
    while read -r link; do [ ! -L "$link" ] || rm -f "$link"; done <"$root/run/links"
  fi
  rm -f "$root"/run/*.address "$root/run/links"
}

# run_in_foreground ROOT: until SIGTERM, SIGINT or the end of a process of the farm.
run_in_foreground() {
  local root=$1 name
  trap 'kill ${NAP:-} 2>/dev/null || true; stop_farm "$root"; exit 0' TERM INT HUP
  while :; do
    for name in $(process_names "$root"); do
      if ! running "$root" "$name"; then
        say "$name has ended; the end of its log:"
        tail -n 15 "$root/log/$name.log" >&2
        stop_farm "$root"
        exit 1
      fi
    done
    sleep 1 &
    NAP=$!
    wait $NAP || true
  done
}
