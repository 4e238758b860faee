# A farm on this machine: its coordinators and workers, all below one root folder.
#   ROOT/join-token  ROOT/config.toml  ROOT/log/*.log  ROOT/run/{*.pid,*.address}  ROOT/coordinator  ROOT/worker-N
# Of several coordinators each has a folder like a farm's of its own: ROOT/coordinator-N/{coordinator,run/*.address}; ROOT/run/*.address
# have a line for each.

# How long a start may take on a busy machine with cold disks. It takes a few seconds.
readonly START_PATIENCE_MS=90000
# Processes and threads of all workers of one user: a fork bomb leaves the rest of a machine's 32768 process ids to others.
readonly WORKER_PROCESSES=24576
# What only one coordinator of several is told.
CLUSTER_OPTIONS=()

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
  check_tls
  if [ ! -s "$root/join-token" ]; then
    (umask 077 && head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n' >"$root/join-token")
    ! is_root || chown "$FARM_USER:$FARM_USER" "$root/join-token"
  fi
}

# start_coordinators ROOT COUNT CONFIG HTTP ADDR...: CONFIG may be empty. The first has the addresses as given, the others the following ones.
start_coordinators() {
  local root=$1 count=$2 config=$3 http=$4 number addr addrs members=
  shift 4
  WORKERS_PORTS=()
  CLUSTER_PORTS=()
  # Workers take the file that is there: an earlier farm's is not this one's.
  if [ -n "$config" ]; then install -m 0644 "$config" "$root/config.toml"; else rm -f "$root/config.toml"; fi
  for ((number = 1; number <= count; number++)); do
    WORKERS_PORTS+=("$(free_port)")
    CLUSTER_PORTS+=("$(free_port)")
    members+=${members:+,}127.0.0.1:${CLUSTER_PORTS[-1]}
  done
  if [ "$count" = 1 ]; then
    start_coordinator "$root" coordinator "$config" "$http" "${WORKERS_PORTS[0]}" "$@"
    return
  fi
  for ((number = 1; number <= count; number++)); do
    addrs=()
    for addr in "$@"; do addrs+=("$(following "$addr" "$number")"); done
    CLUSTER_OPTIONS=(--cluster-listen "127.0.0.1:${CLUSTER_PORTS[number - 1]}" --cluster-members "$members" --cluster-size "$count")
    start_coordinator "$root" "coordinator-$number" "$config" "$(following "$http" "$number")" "${WORKERS_PORTS[number - 1]}" "${addrs[@]}"
  done
}

# following ADDRESS NUMBER: the address of that coordinator: NUMBER - 1 ports on, or with a suffix.
following() {
  local addr=$1 ahead=$(($2 - 1)) port=${1##*:}
  if [ $ahead = 0 ] || [ "$port" = 0 ]; then
    printf '%s' "$addr"
  elif [[ $addr == unix://* ]]; then
    printf '%s-%d' "$addr" "$2"
  else
    printf '%s:%d' "${addr%:*}" $((port + ahead))
  fi
}

# home_of ROOT COORDINATOR: where its state and its addresses are.
home_of() { if [ "$2" = coordinator ]; then printf '%s' "$1"; else printf '%s/%s' "$1" "$2"; fi; }

# What builds may ask for, where the command line says it.
ENTITLEMENTS=()

# start_coordinator ROOT NAME CONFIG HTTP WORKERS_PORT ADDR...
start_coordinator() {
  local root=$1 name=$2 config=$3 http=$4 workers_port=$5 addr seen home
  shift 5
  seen=$(view "$root")
  home=$(home_of "$root" "$name")
  mkdir -p "$home/run"
  ! is_root || chown "$FARM_USER:$FARM_USER" "$home" "$home/run"
  rm -f "$home"/run/{grpc,http,https,workers}.address
  local arguments=(--root "$(home_of "$seen" "$name")" --http "$http" --workers-listen "127.0.0.1:$workers_port" --join-token-file "$seen/join-token")
  for addr in "$@"; do arguments+=(--addr "$(reachable_address "$root" "$addr")"); done
  for addr in "${ENTITLEMENTS[@]}"; do arguments+=(--allow-insecure-entitlement "$addr"); done
  [ -z "$config" ] || arguments+=(--config "$seen/config.toml")
  mapfile -t -O ${#arguments[@]} arguments < <(tls_arguments && farm_tls_arguments coordinator)
  java_command coordinator
  start_process "$root" "$name" "${JAVA_COMMAND[@]}" "${arguments[@]}" "${CLUSTER_OPTIONS[@]}"
}

# coordinator_names ROOT: those that were started.
coordinator_names() {
  local name
  for name in $(process_names "$1"); do [[ $name != coordinator* ]] || printf '%s\n' "$name"; done
}

# http_address ROOT: of a coordinator that runs.
http_address() {
  local name file
  for name in $(coordinator_names "$1"); do
    file=$(home_of "$1" "$name")/run/http.address
    if running "$1" "$name" && [ -s "$file" ]; then
      cat "$file"
      return
    fi
  done
  return 1
}

# gather_addresses ROOT: what several coordinators have written, in one place.
gather_addresses() {
  local root=$1 name kind
  [ "$(coordinator_names "$root")" != coordinator ] || return 0
  for kind in grpc http workers; do
    for name in $(coordinator_names "$root"); do
      cat "$root/$name/run/$kind.address"
    done >"$root/run/$kind.address.new"
    mv "$root/run/$kind.address.new" "$root/run/$kind.address"
  done
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

# Where workers join, with commas.
worker_coordinators() { printf '127.0.0.1:%d\n' "${WORKERS_PORTS[@]}" | paste -sd,; }

# start_worker ROOT NUMBER SLOTS OPTION...
start_worker() {
  local root=$1 name=worker-$2 slots=$3 seen
  shift 3
  local home=$root/$name
  mkdir -p "$home"
  ! is_root || chown "$FARM_USER:$FARM_USER" "$home"
  rm -rf "$home/run/http.address" "$home/rootlesskit"
  seen=$(view "$root")
  java_command worker
  local arguments=("$@")
  [ ! -f "$root/config.toml" ] || arguments+=(--config "$seen/config.toml")
  mapfile -t -O ${#arguments[@]} arguments < <(farm_tls_arguments worker)
  # A process namespace: whatever ends the worker ends its containers too.
  # The namespace keeps the limit it is made under: whatever ids a step takes on, all of them together stay below it.
  start_process "$root" "$name" bash -c 'ulimit -u "$0" 2>/dev/null || true; exec "$@"' $WORKER_PROCESSES rootlesskit --net=host --pidns --copy-up=/etc --copy-up=/run --state-dir="$seen/$name/rootlesskit" \
    "${JAVA_COMMAND[@]}" --root "$seen/$name" --coordinator "$(worker_coordinators)" --join-token-file "$seen/join-token" \
    --slots "$slots" --listen 127.0.0.1:0 --name "$name" "${arguments[@]}"
}

# wait_for ROOT NAME ADDRESS_FILE livez|readyz: until the process answers; if it does not, shows the end of its log and ends everything,
# or with FAILS_ALONE=yes the process.
wait_for() {
  local root=$1 name=$2 file=$3 deadline address
  deadline=$(($(now_ms) + START_PATIENCE_MS))
  until [ -s "$file" ] && read -r address <"$file" && curl -fsS -o /dev/null --max-time 2 "http://$address/$4" 2>/dev/null; do
    running "$root" "$name" || fail_start "$root" "$name" "$name ended while it started"
    [ "$(now_ms)" -lt $deadline ] || fail_start "$root" "$name" "$name is not ready after $((START_PATIENCE_MS / 1000)) s"
    sleep 0.05
  done
}

# wait_for_workers ROOT COORDINATOR COUNT: until that coordinator has as many; a worker joins one and hears of the others from it.
wait_for_workers() {
  local root=$1 name=$2 deadline address
  deadline=$(($(now_ms) + START_PATIENCE_MS))
  read -r address <"$(home_of "$root" "$name")/run/http.address"
  until [ "$(curl -fsS --max-time 2 "http://$address/metrics" 2>/dev/null | awk '$1 == "slipway_workers" { printf "%d", $2 }')" -ge "$3" ]; do
    running "$root" "$name" || fail_start "$root" "$name" "$name ended while workers joined"
    [ "$(now_ms)" -lt $deadline ] || fail_start "$root" "$name" "$name does not have all of $3 worker(s) after $((START_PATIENCE_MS / 1000)) s"
    sleep 0.05
  done
}

fail_start() {
  say "the end of $1/log/$2.log:"
  tail -n 15 "$1/log/$2.log" >&2 || true
  # shellcheck disable=SC2046
  if [ -n "${FAILS_ALONE:-}" ]; then stop_processes "$1" "$2"; else stop_processes "$1" $(process_names "$1"); fi
  die "$3"
}

# start_farm ROOT COORDINATORS WORKERS SLOTS CONFIG HTTP ADDR...: returns when all are ready.
start_farm() {
  local root=$1 coordinators=$2 workers=$3 slots=$4 config=$5 http=$6 started number name
  shift 6
  started=$(now_ms)
  for name in $(process_names "$root"); do
    [ "$name" = registry ] || ! running "$root" "$name" || die "a farm already runs in $root ($name, process $(pid_of "$root" "$name")); end it with: slipway down --root $root"
    # Of a farm with other numbers of processes, which died.
    [ "$name" = registry ] || rm -f "$root/run/$name.pid"
  done
  prepare_root "$root"
  : >"$root/run/links"
  # For workers that are added later.
  printf '%s\n' "$FARM_TLS" >"$root/run/farm-tls"
  # All at once: a worker that is there first asks again until the coordinator answers.
  start_coordinators "$root" "$coordinators" "$config" "$http" "$@"
  for ((number = 1; number <= workers; number++)); do start_worker "$root" "$number" "$slots"; done
  for ((number = 1; number <= workers; number++)); do wait_for "$root" "worker-$number" "$root/worker-$number/run/http.address" readyz; done
  for name in $(coordinator_names "$root"); do
    # Ready is a coordinator that has workers.
    wait_for "$root" "$name" "$(home_of "$root" "$name")/run/http.address" "$([ "$workers" = 0 ] && echo livez || echo readyz)"
    wait_for_workers "$root" "$name" "$workers"
  done
  gather_addresses "$root"
  rewrite_links "$root"
  say "ready after $(seconds $(($(now_ms) - started))) s: $(several_coordinators "$coordinators")$workers worker(s) with $slots slot(s)," \
    "$(paste -sd' ' "$root/run/grpc.address"), web $(for name in $(coordinator_names "$root"); do web_url "$(home_of "$root" "$name")"; done | paste -sd' ')"
}

# web_url HOME: where people look at that coordinator; with [http.tls] its plain address is on loopback, and for this launcher.
web_url() {
  if [ -s "$1/run/https.address" ]; then sed 's|^|https://|' "$1/run/https.address"; else sed 's|^|http://|' "$1/run/http.address"; fi
}

several_coordinators() { [ "$1" = 1 ] || printf '%d coordinators, ' "$1"; }

# remove_state ROOT: workers' files belong to subordinate ids, which only root or the user inside its namespace may remove.
remove_state() {
  local root=$1 folders=()
  mapfile -t folders < <(find "$root" -mindepth 1 -maxdepth 1 \( -name coordinator -o -name 'coordinator-*' -o -name 'worker-*' -o -name registry -o -name log \) 2>/dev/null)
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
  rm -f "$root"/run/*.{address,leaving} "$root"/coordinator-*/run/*.address "$root/run/links"
}

# run_in_foreground ROOT: until SIGTERM, SIGINT or the end of a process of the farm.
run_in_foreground() {
  local root=$1 name
  trap 'kill ${NAP:-} 2>/dev/null || true; stop_farm "$root"; exit 0' TERM INT HUP
  while :; do
    for name in $(process_names "$root"); do
      if ! running "$root" "$name" && [ ! -e "$root/run/$name.leaving" ]; then
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

# own_token ADDRESS: what curl has to send to the coordinator of that HTTP address, as its configuration.
own_token() {
  local home
  for home in "$root" "$root"/coordinator-*; do
    [ "$(cat "$home/run/http.address" 2>/dev/null)" != "$1" ] || [ ! -e "$home/run/own-token" ] ||
      printf 'header = "Authorization: Bearer %s"\n' "$(cat "$home/run/own-token")"
  done
}
