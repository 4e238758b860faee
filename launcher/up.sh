# usage: slipway up [-d] [--coordinators C] [--workers N] [--slots S] [--addr tcp://HOST:PORT|unix://PATH]... [--http HOST:PORT]
#                   [--tls DIR] [--farm-tls DIR] [--root DIR] [--config FILE.toml]
#
# Starts coordinators and N workers on this machine and waits until they are ready.
#   -d             leave them running; without it, ctrl-c ends them
#   --coordinators C
#                  1 unless said. Several are one farm: clients may use any of them; the first has the addresses given, the others the
#                  ports that follow (a unix socket: PATH-2, PATH-3)
#   --workers N    1 unless said; more can come and go later, see: slipway worker --help
#   --slots S      steps a worker runs at a time; the machine's cores unless said
#   --addr A       where clients connect, may be repeated; tcp://127.0.0.1:1234 unless said
#   --http A       web page, metrics and health; 127.0.0.1:8080 unless said
#   --tls DIR      clients connect with TLS, and need a certificate: DIR is a folder made by `slipway certs init`. A key that root alone
#                  may read is opened to the farm's group
#   --farm-tls DIR coordinators and workers show each other certificates: DIR is a folder made by `slipway certs farm`. Each worker gets
#                  its own from the farm's CA, renews it, and can be put out again: slipway worker --help
#   --root DIR     all state; a folder under the user's home unless said. Farms with different roots and ports live side by side
#   --config FILE  buildkitd.toml's keys ([registry."host"]) and Slipway's own

command_up() {
  local detach= coordinators=1 workers=1 slots= addrs=() http=127.0.0.1:8080 root= config=
  while [ $# -gt 0 ]; do
    case $1 in
      --*=*) set -- "${1%%=*}" "${1#*=}" "${@:2}" && continue ;;
      -d | --detach) detach=yes && shift ;;
      --coordinators) need_value "$1" $# && coordinators=$2 && shift 2 ;;
      --workers) need_value "$1" $# && workers=$2 && shift 2 ;;
      --slots) need_value "$1" $# && slots=$2 && shift 2 ;;
      --addr) need_value "$1" $# && addrs+=("$2") && shift 2 ;;
      --http) need_value "$1" $# && http=$2 && shift 2 ;;
      --tls) need_value "$1" $# && tls_folder "$2" && shift 2 ;;
      --farm-tls) need_value "$1" $# && farm_tls_folder "$2" && shift 2 ;;
      --root) need_value "$1" $# && root=$(realpath -m "$2") && shift 2 ;;
      --config) need_value "$1" $# && config=$2 && shift 2 ;;
      -h | --help) help_of up && return ;;
      *) die "up does not know '$1'; see: slipway up --help" ;;
    esac
  done
  [ -z "$config" ] || [ -r "$config" ] || die "the configuration $config cannot be read"
  # What the command line leaves open, the configuration says; then the defaults.
  [ -n "$root" ] || root=$(config_value "$config" '' root)
  root=${root:-$(default_root)}
  [ -n "$slots" ] || slots=$(config_value "$config" worker.oci max-parallelism)
  slots=${slots:-$(nproc)}
  [ ${#addrs[@]} -gt 0 ] || mapfile -t addrs < <(config_value "$config" grpc address)
  [[ $coordinators =~ ^[1-9]$ ]] || die "--coordinators wants a number from 1 to 9, not '$coordinators'"
  [[ $workers =~ ^(0|[1-9][0-9]{0,2})$ ]] || die "--workers wants a number from 0 to 999, not '$workers'"
  [[ $slots =~ ^[1-9][0-9]{0,2}$ ]] || die "--slots wants a number from 1 to 999, not '$slots'"
  [ ${#addrs[@]} -gt 0 ] || addrs=(tcp://127.0.0.1:1234)
  tls_config "$config"
  ensure_packages run
  ensure_user
  ensure_jars
  ensure_aot
  [ -n "$detach" ] || TIED=yes
  start_farm "$root" "$coordinators" "$workers" "$slots" "$config" "$http" "${addrs[@]}"
  if [ -z "$detach" ]; then
    say "ctrl-c ends it; logs: $root/log"
    run_in_foreground "$root"
  fi
}
