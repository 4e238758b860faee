# usage: slipway worker add [--slots S] [--label KEY=VALUE]... [--root DIR]
#        slipway worker drain NAME [--root DIR]
#
# Adds a worker to the farm that runs in that root, or takes one out of it while builds run.
#   add    starts the first of worker-1, worker-2, ... that does not run, with the cache that it had; prints its name once it has joined
#   drain  the worker takes no new step, finishes those it runs, lets others fetch what only it has cached (for a minute
#          at most), and ends
#   --slots S      steps the worker runs at a time; the machine's cores unless said
#   --label K=V    what builds may ask for
#   --root DIR     the farm's; a folder under the user's home unless said

# The longest stage (queue.stage-timeout), and some for its end.
readonly DRAIN_PATIENCE_MS=$((7 * 3600 * 1000))

command_worker() {
  local action=${1:---help} root slots= name= labels=()
  shift || true
  root=$(default_root)
  case $action in
    add | drain) ;;
    -h | --help) help_of worker && return ;;
    *) die "worker does not know '$action'; see: slipway worker --help" ;;
  esac
  while [ $# -gt 0 ]; do
    case $1 in
      --*=*) set -- "${1%%=*}" "${1#*=}" "${@:2}" && continue ;;
      --root) need_value "$1" $# && root=$(realpath -m "$2") && shift 2 ;;
      --slots) need_value "$1" $# && slots=$2 && shift 2 ;;
      --label) need_value "$1" $# && labels+=(--label "$2") && shift 2 ;;
      -h | --help) help_of worker && return ;;
      -*) die "worker does not know '$1'; see: slipway worker --help" ;;
      *) [ -z "$name" ] || die "worker $action takes one name"; name=$1 && shift ;;
    esac
  done
  http_address "$root" >/dev/null || die "no farm runs in $root; start one with: slipway up -d --root $root"
  if [ "$action" = add ]; then
    [ -z "$name" ] || die "worker add takes no name"
    add_worker "$root" "$slots"
  else
    [ -n "$name" ] || die "worker drain wants a name, such as worker-1; see: slipway status --root $root"
    drain_worker "$root" "$name"
  fi
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
