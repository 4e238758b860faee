# usage: slipway status [--root DIR] [--json | --watch]
#
# The farm's processes, its queue, its workers with what they run, and its last builds.
#   --json      workers and builds as the coordinator tells them
#   --watch     the same as without, anew every second until ctrl-c

readonly SHOWN_BUILDS=10

command_status() {
  local root http how=
  root=$(default_root)
  while [ $# -gt 0 ]; do
    case $1 in
      --root=*) root=$(realpath -m "${1#*=}") && shift ;;
      --root) need_value "$1" $# && root=$(realpath -m "$2") && shift 2 ;;
      --json | --watch) [ -z "$how" ] || [ "$how" = "${1#--}" ] || die "status takes --json or --watch, not both"; how=${1#--} && shift ;;
      -h | --help) help_of status && return ;;
      *) die "status does not know '$1'; see: slipway status --help" ;;
    esac
  done
  case $how in
    json)
      http=$(http_or_die "$root") || return
      jq -s '.[0] + .[1]' <(farm_json "$http" workers) <(farm_json "$http" builds)
      ;;
    watch) watch_status "$root" ;;
    *) status_text "$root" ;;
  esac
}

http_or_die() {
  [ -n "$(coordinator_names "$1")" ] || die "no farm runs in $1; start one with: slipway up -d --root $1"
  http_address "$1" || die "no coordinator of $1 runs, or it is still starting; the logs: $1/log/coordinator*.log"
}

# A frame is made whole before it is shown; lines longer than the terminal are cut.
watch_status() {
  local frame rows columns
  [ -t 1 ] || die "status --watch draws on a terminal; for programs: slipway status --json"
  http_or_die "$1" >/dev/null
  trap 'printf "\033[?25h\n"; exit 0' INT TERM
  printf '\033[?25l\033[2J'
  while :; do
    frame=$(status_text "$1" 2>&1) || true
    read -r rows columns < <(stty size <&1 2>/dev/null || echo 24 80)
    printf '\033[H'
    printf '%s\n' "$frame" | head -n $((rows > 1 ? rows - 1 : 1)) | cut -c "1-$((columns > 0 ? columns : 80))" | sed $'s/$/\033[K/'
    printf '\033[J'
    sleep 1
  done
}

status_text() {
  local root=$1 http name
  http=$(http_or_die "$root") || return
  for name in $(process_names "$root"); do
    running "$root" "$name" && printf '%-12s process %s\n' "$name" "$(pid_of "$root" "$name")" || printf '%-12s ENDED, see %s\n' "$name" "$root/log/$name.log"
  done
  for name in $(coordinator_names "$root"); do
    running "$root" "$name" && status_addresses "$root" "$name"
  done
  status_queue "$root"
  printf '\nWORKER        RUNS   DISK FREE  PLATFORMS\n'
  farm_json "$http" workers | jq -r '.workers | sort_by(.name)[] |
    [.name, "\(.runningStages // 0)/\(.slots)", (if (.freeBytes // 0) == 0 then "-" else "\(.freeBytes / 1e9 * 10 | floor / 10) GB" end),
     "\(.platforms | join(", "))\(if .emulatedPlatforms == [] then "" else "; emulated: " + (.emulatedPlatforms | join(", ")) end)\(if .draining then "; leaves" else "" end)"] | @tsv' |
    while IFS=$'\t' read -r name runs free platforms; do printf '%-12s %5s %11s  %s\n' "$name" "$runs" "$free" "$platforms"; done
  printf '\nBUILD         STATE      SECONDS  STEPS (CACHED)  NAME\n'
  farm_json "$http" builds | jq -r --argjson most "$SHOWN_BUILDS" '.builds[:$most][] | [.id[:12], .state, .seconds, (.steps | length), .cachedSteps, .name] | @tsv' |
    while IFS=$'\t' read -r id state took steps cached name; do
      printf '%-12s  %-9s  %7s  %5s %8s  %s\n' "$id" "$state" "$took" "$steps" "($cached)" "$name"
    done
}

# The coordinator that has the queue knows; the others say 0.
status_queue() {
  local name http
  for name in $(coordinator_names "$1"); do
    http=$(cat "$(home_of "$1" "$name")/run/http.address" 2>/dev/null) || continue
    curl -sS --max-time 2 "http://$http/metrics" 2>/dev/null || true
  done | awk '
    /^slipway_queue_length/ { waiting += $2 }
    /^slipway_queue_oldest_seconds/ && $2 > oldest { oldest = $2 }
    END { if (waiting > 0) printf "queue        %d stage(s) wait, the oldest for %.0f s\n", waiting, oldest; else print "queue        empty" }'
}

# One that is refused builds by the others, or still starts, says why.
status_addresses() {
  local home http ready
  home=$(home_of "$1" "$2")
  http=$(cat "$home/run/http.address" 2>/dev/null) || return 0
  printf 'clients      %s\nweb          %s\n' "$(paste -sd' ' "$home/run/grpc.address")" "$(web_url "$home")"
  ready=$(curl -sS --max-time 2 "http://$http/readyz" 2>&1) || true
  [ "$ready" = ok ] || printf '             %s\n' "$ready"
}

# farm_json ADDRESS PATH: with the farm's own token where clients have to say who they are; it stands in no list of processes.
farm_json() { curl -fsS --max-time 5 -K <(own_token "$1") "http://$1/api/v1/$2"; }
