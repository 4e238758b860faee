# usage: slipway status [--root DIR] [--json]
#
# The farm's processes, its workers with their slots and platforms, and its last builds.

command_status() {
  local root json= http name
  root=$(default_root)
  while [ $# -gt 0 ]; do
    case $1 in
      --root=*) root=$(realpath -m "${1#*=}") && shift ;;
      --root) need_value "$1" $# && root=$(realpath -m "$2") && shift 2 ;;
      --json) json=yes && shift ;;
      -h | --help) help_of status && return ;;
      *) die "status does not know '$1'; see: slipway status --help" ;;
    esac
  done
  [ -n "$(coordinator_names "$root")" ] || die "no farm runs in $root; start one with: slipway up -d --root $root"
  http=$(http_address "$root") || die "no coordinator of $root runs, or it is still starting; the logs: $root/log/coordinator*.log"
  if [ -n "$json" ]; then
    jq -s '.[0] + .[1]' <(farm_json "$http" workers) <(farm_json "$http" builds)
    return
  fi
  for name in $(process_names "$root"); do
    running "$root" "$name" && printf '%-12s process %s\n' "$name" "$(pid_of "$root" "$name")" || printf '%-12s ENDED, see %s\n' "$name" "$root/log/$name.log"
  done
  for name in $(coordinator_names "$root"); do
    running "$root" "$name" && status_addresses "$root" "$name"
  done
  printf '\nWORKER     SLOTS  PLATFORMS\n'
  farm_json "$http" workers | jq -r '.workers | sort_by(.name)[] |
    "\(.name)\(" " * ([1, 11 - (.name | length)] | max))\(.slots)      \(.platforms | join(", "))\(if .emulatedPlatforms == [] then "" else "; emulated: " + (.emulatedPlatforms | join(", ")) end)"'
  printf '\nBUILD         STATE      SECONDS  STEPS (CACHED)  NAME\n'
  farm_json "$http" builds | jq -r '.builds[:10][] | [.id[:12], .state, .seconds, (.steps | length), .cachedSteps, .name] | @tsv' |
    while IFS=$'\t' read -r id state took steps cached name; do
      printf '%-12s  %-9s  %7s  %5s %8s  %s\n' "$id" "$state" "$took" "$steps" "($cached)" "$name"
    done
}

# One that is refused builds by the others, or still starts, says why.
status_addresses() {
  local home http ready
  home=$(home_of "$1" "$2")
  http=$(cat "$home/run/http.address" 2>/dev/null) || return 0
  printf 'clients      %s\nweb          http://%s\n' "$(paste -sd' ' "$home/run/grpc.address")" "$http"
  ready=$(curl -sS --max-time 2 "http://$http/readyz" 2>&1) || true
  [ "$ready" = ok ] || printf '             %s\n' "$ready"
}

farm_json() { curl -fsS --max-time 5 "http://$1/api/v1/$2"; }
