# usage: slipway buildkitd [--config FILE] [--root DIR] [--addr ADDRESS]... [buildkitd's other flags]
#
# A farm of one coordinator and one worker in the place of buildkitd: its flags and TOML, in the foreground, ended by SIGTERM.
# State only below --root. Flags about what a farm does not have (oci-worker-*, containerd-worker-*, group, debug addresses) are
# taken and have no effect.

command_buildkitd() {
  local root= addrs=() config= slots= flag value debug= tls=()
  while [ $# -gt 0 ]; do
    flag=$1 value=
    shift
    case $flag in
      --*=*) value=${flag#*=} flag=${flag%%=*} ;;
      --config | --root | --addr | --group | --debugaddr | --otel-socket-path | --tls* | --allow-insecure-entitlement | --cdi-spec-dir | \
        --oci-worker-labels | --oci-worker-snapshotter | --oci-worker-proxy-snapshotter-path | --oci-worker-platform | --oci-worker-net | \
        --oci-worker-binary | --oci-worker-apparmor-profile | --oci-cni-* | --oci-max-parallelism | --oci-worker-gc-* | \
        --containerd-worker-* | --containerd-cni-* | --containerd-max-parallelism | --trace-* | --log-format)
        need_value "$flag" $(($# + 1))
        value=$1
        shift
        ;;
    esac
    case $flag in
      --config) config=$value ;;
      --root) root=$(realpath -m "$value") ;;
      --addr) addrs+=("$value") ;;
      --oci-max-parallelism) [ "$value" = num-cpu ] || [ "$value" = 0 ] || slots=$value ;;
      --debug) [ "$value" = false ] || debug=yes ;;
      --tlscert) tls[0]=$value ;;
      --tlskey) tls[1]=$value ;;
      --tlscacert) tls[2]=$value ;;
      --group | --debugaddr | --otel-socket-path | --cdi-* | --oci-worker* | --oci-cni-* | --containerd-* | --rootless | --trace* | --log-format | \
        --save-cache-debug) ;;
      --allow-insecure-entitlement) ENTITLEMENTS+=("$value") ;;
      -h | --help) help_of buildkitd && return ;;
      -v | --version) echo "buildkitd github.com/moby/buildkit v0.0.0+slipway.$(slipway_version)" && return ;;
      *) die "buildkitd: unknown flag '$flag'" ;;
    esac
  done
  # Like buildkitd: a configuration that was named must be there.
  [ -z "$config" ] || [ -r "$config" ] || die "the configuration $config cannot be read"
  [ -n "$root" ] || root=$(config_value "$config" '' root)
  root=${root:-$(farm_home)/buildkitd}
  [ -n "$slots" ] || slots=$(config_value "$config" worker.oci max-parallelism)
  slots=${slots:-$(nproc)}
  [ ${#addrs[@]} -gt 0 ] || mapfile -t addrs < <(config_value "$config" grpc address)
  [ ${#addrs[@]} -gt 0 ] || addrs=(unix:///run/buildkit/buildkitd.sock)
  if [ ${#tls[@]} -gt 0 ]; then
    [ -n "${tls[0]:-}" ] && [ -n "${tls[1]:-}" ] || die "TLS needs both --tlscert and --tlskey"
    TLS_FILES=("${tls[@]}")
  fi
  tls_config "$config"
  ensure_packages run
  ensure_user
  ensure_jars
  ensure_aot
  TIED=yes
  # A signal during the start ends it as well.
  trap 'stop_farm "$root"; exit 0' TERM INT HUP
  start_farm "$root" 1 1 "$slots" "$config" 127.0.0.1:0 "${addrs[@]}"
  if [ -n "$debug" ]; then
    tail -n +1 -F "$root"/log/{coordinator,worker-1}.log >&2 &
    LOG_FOLLOWER=$!
    trap 'kill $LOG_FOLLOWER 2>/dev/null ; wait $LOG_FOLLOWER 2>/dev/null || true' EXIT
  fi
  run_in_foreground "$root"
}
