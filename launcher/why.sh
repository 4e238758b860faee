# usage: slipway why [--root DIR] [--json] [BUILD [STEP]]
#
# Why the steps of a build were not served from the cache: for each the first input that differs
# from the last build of the same.
#   BUILD     the build's id or its beginning, as `slipway status` shows it; else the last build
#   STEP      only steps whose stage, number or text has this in it: build, 'RUN make'
#   --json    as the coordinator tells it

command_why() {
  local root json='' wanted=() found
  root=$(default_root)
  while [ $# -gt 0 ]; do
    case $1 in
      --root=*) root=$(realpath -m "${1#*=}") && shift ;;
      --root) need_value "$1" $# && root=$(realpath -m "$2") && shift 2 ;;
      --json) json=yes && shift ;;
      -h | --help) help_of why && return ;;
      -*) die "why does not know '$1'; see: slipway why --help" ;;
      *) wanted+=("$1") && shift ;;
    esac
  done
  [ ${#wanted[@]} -le 2 ] || die "why takes a build and a step; a step of several words needs quotes"
  [ -n "$(coordinator_names "$root")" ] || die "no farm runs in $root; start one with: slipway up -d --root $root"
  found=$(why_find "$root" "${wanted[0]:-}")
  [ -n "$found" ] || die "no coordinator of $root knows a build ${wanted[0]:-}; slipway status lists the last ones"
  why_answer "$found" "${wanted[1]:-}" "$json"
}

# Prints "HTTP-ADDRESS BUILD" of the newest build whose id starts with the text.
why_find() {
  local name http
  for name in $(coordinator_names "$1"); do
    http=$(cat "$(home_of "$1" "$name")/run/http.address" 2>/dev/null) || continue
    curl -fsS --max-time 5 -K <(own_token "$http") "http://$http/api/v1/builds" 2>/dev/null |
      jq -r --arg id "$2" --arg http "$http" '.builds[] | select(.id | startswith($id)) | [.startedAt, $http, .id] | @tsv' || true
  done | sort -r | sed -n 1p | cut -f 2,3
}

why_answer() {
  local http build text
  read -r http build <<<"$1"
  text=$(curl -sS --max-time 5 -K <(own_token "$http") -w '\n%{http_code}' "http://$http/api/v1/builds/$build/cache") || die "the coordinator at $http does not answer"
  case ${text##*$'\n'} in
    200) text=${text%$'\n'*} ;;
    404) echo "build ${build:0:12}: every step came from the cache, or none was looked up" && return ;;
    *) die "the coordinator at $http answered: $text" ;;
  esac
  [ -z "$3" ] || { printf '%s\n' "$text" | jq . && return; }
  printf '%s\n' "$text" | jq -r --arg step "$2" '
    "build \(.build[:12]): \(.steps | length) step(s) not from the cache, \(.cachedSteps) from it" +
      (if .comparedWith then "; compared with build \(.comparedWith.build[:12]) of \(.comparedWith.at[:19] | sub("T"; " "))" else "" end),
    (.steps[] | select(.name | ascii_downcase | contains($step | ascii_downcase)) |
      "", .name + (if .worker == "" then "" else " (ran on \(.worker))" end), "    " + .why)'
}
