# usage: slipway worker add [--slots S] [--label KEY=VALUE]... [--root DIR]
#        slipway worker drain NAME [--root DIR]
#        slipway worker token [--ttl TIME] [--once] [--root DIR]
#        slipway worker evict NAME [--root DIR]
#        slipway worker admit NAME [--root DIR]
#
# Adds a worker to the farm that runs in that root, takes one out of it while builds run, lets one join from another machine, or
# puts one out that is not trusted any more.
#   add    starts the first of worker-1, worker-2, ... that does not run, with the cache that it had; prints its name once it has joined
#   drain  the worker takes no new step, finishes those it runs, lets others fetch what only it has cached (for a minute
#          at most), and ends
#   token  prints a token with which workers on other machines join a farm with TLS (up --farm-tls): put it into a file there and start
#          the worker with --join-token-file FILE --coordinator HOST:PORT. It says by which CA the coordinators are known, so nothing
#          else has to be copied; the worker makes its own key and gets a certificate, which it renews by itself
#   evict  ends the worker's links at all coordinators at once; its steps run elsewhere, nobody gives it a layer or takes one from it, and
#          it cannot come back, also after a restart of the farm. One that knows the farm's join token could come back under a new
#          name: change that token, or see farm.ca.shared-token in docs/config.md
#   admit  lets an evicted worker join again; NAME is what evict has printed, or its name here
#   --ttl TIME     how long the token is good: 90s, 30m, 1h (the default), 2d
#   --once         one worker may use it, once
#   --slots S      steps the worker runs at a time; the machine's cores unless said
#   --label K=V    what builds may ask for
#   --root DIR     the farm's; a folder under the user's home unless said

# The longest stage (queue.stage-timeout), and some for its end.
readonly DRAIN_PATIENCE_MS=$((7 * 3600 * 1000))

command_worker() {
  local action=${1:---help} root slots= name= labels=() ttl=1h once=false
  shift || true
  root=$(default_root)
  case $action in
    add | drain | token | evict | admit) ;;
    -h | --help) help_of worker && return ;;
    *) die "worker does not know '$action'; see: slipway worker --help" ;;
  esac
  while [ $# -gt 0 ]; do
    case $1 in
      --*=*) set -- "${1%%=*}" "${1#*=}" "${@:2}" && continue ;;
      --root) need_value "$1" $# && root=$(realpath -m "$2") && shift 2 ;;
      --ttl) need_value "$1" $# && ttl=$2 && shift 2 ;;
      --once) once=true && shift ;;
      --slots) need_value "$1" $# && slots=$2 && shift 2 ;;
      --label) need_value "$1" $# && labels+=(--label "$2") && shift 2 ;;
      -h | --help) help_of worker && return ;;
      -*) die "worker does not know '$1'; see: slipway worker --help" ;;
      *) [ -z "$name" ] || die "worker $action takes one name"; name=$1 && shift ;;
    esac
  done
  http_address "$root" >/dev/null || die "no farm runs in $root; start one with: slipway up -d --root $root"
  case $action in
    add | token) [ -z "$name" ] || die "worker $action takes no name" ;;
    *) [ -n "$name" ] || die "worker $action wants a name, such as worker-1; see: slipway status --root $root" ;;
  esac
  case $action in
    add) add_worker "$root" "$slots" ;;
    drain) drain_worker "$root" "$name" ;;
    token) admin_call "$root" "tokens?seconds=$(ttl_seconds "$ttl")&once=$once" ;;
    evict) admin_call "$root" "workers/$(escaped "$name")/evict" ;;
    admit) admin_call "$root" "workers/$(escaped "$(worker_id "$root" "$name")")/admit" ;;
  esac
}

# admin_call ROOT PATH: asks a coordinator over the socket in its folder, which the farm's user and root may open; prints the answer.
admin_call() {
  local root=$1 name socket answer
  for name in $(coordinator_names "$root"); do
    socket=$(home_of "$root" "$name")/coordinator/admin.sock
    running "$root" "$name" && [ -S "$socket" ] || continue
    # curl keeps the answer apart from the status, which is its last line.
    answer=$(curl -sS --max-time 30 -X POST -w '%{http_code}' --unix-socket "$socket" "http://coordinator/$2") ||
      die "the coordinator does not answer on $socket: only root and the user $FARM_USER may open it"
    [ "${answer##*$'\n'}" = 200 ] || die "${answer%$'\n'*}"
    printf '%s\n' "${answer%$'\n'*}"
    return
  done
  die "no coordinator of $root takes orders; the logs: $root/log/coordinator*.log"
}

# worker_id ROOT NAME: the id of a worker that was started here, else the name as it is.
worker_id() { cat "$1/$2/worker-id" 2>/dev/null || printf '%s' "$2"; }

escaped() { jq -rn --arg text "$1" '$text | @uri'; }

# ttl_seconds TIME: 90, 90s, 30m, 1h, 2d.
ttl_seconds() {
  [[ $1 =~ ^([1-9][0-9]{0,7})([smhd]?)$ ]] || die "--ttl wants a time such as 90s, 30m, 1h or 2d, not '$1'"
  case ${BASH_REMATCH[2]} in
    m) echo $((BASH_REMATCH[1] * 60)) ;;
    h) echo $((BASH_REMATCH[1] * 3600)) ;;
    d) echo $((BASH_REMATCH[1] * 86400)) ;;
    *) echo "${BASH_REMATCH[1]}" ;;
  esac
}

# add_worker ROOT SLOTS; labels in the caller's variable.
add_worker() {
  local root=$1 slots=$2 number=1
  [ -n "$slots" ] || slots=$(config_value "$(config_of "$root")" worker.oci max-parallelism)
  slots=${slots:-$(nproc)}
  [[ $slots =~ ^[1-9][0-9]{0,2}$ ]] || die "--slots wants a number from 1 to 999, not '$slots'"
  [ ! -s "$root/run/farm-tls" ] || read -r FARM_TLS <"$root/run/farm-tls"
  prepare_root "$root"
  mapfile -t WORKERS_PORTS < <(sed 's/.*://' "$root/run/workers.address")
  exec 9>"$root/run/worker.lock"
  flock 9
  while running "$root" "worker-$number"; do number=$((number + 1)); done
  rm -f "$root/run/worker-$number.leaving"
  start_worker "$root" "$number" "$slots" "${labels[@]}"
  exec 9>&-
  FAILS_ALONE=yes
  wait_for "$root" "worker-$number" "$root/worker-$number/run/http.address" readyz
  printf 'worker-%d\n' "$number"
}

config_of() { [ ! -f "$1/config.toml" ] || printf '%s/config.toml' "$1"; }

drain_worker() {
  local root=$1 name=$2 started
  [[ $name == worker-* ]] && running "$root" "$name" || die "no worker '$name' runs in $root; there are: $(process_names "$root" | grep '^worker-' | paste -sd' ')"
  started=$(now_ms)
  # For an `up` in the foreground, which ends the farm when one of its processes ends by itself.
  : >"$root/run/$name.leaving"
  PATIENCE_MS=$DRAIN_PATIENCE_MS stop_processes "$root" "$name"
  rm -f "$root/run/$name.leaving" "$root/$name/run/http.address"
  say "$name left after $(seconds $(($(now_ms) - started))) s"
}
