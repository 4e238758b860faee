# usage: slipway token add --file FILE --name NAME
#        slipway token remove --file FILE --name NAME
#
# Tokens for clients, scripts and people that show one in place of a certificate (Authorization: Bearer TOKEN).
#   add      makes one, prints it, and writes its digest into FILE: whoever reads FILE has no token
#   remove   takes it back; a running farm knows within a second
#
# The farm's configuration names the file, and says who the token is:
#   [access]
#   tokens = "/etc/slipway/tokens"
#   [[access.rule]]
#   match = { token = "NAME" }
#   tenant = "team-a"

command_token() {
  local action=${1:---help} file= name=
  case $action in
    -h | --help) help_of token && return ;;
    add | remove) shift ;;
    *) die "token does not know '$action'; see: slipway token --help" ;;
  esac
  while [ $# -gt 0 ]; do
    case $1 in
      --file=*) file=${1#*=} && shift ;;
      --file) need_value "$1" $# && file=$2 && shift 2 ;;
      --name=*) name=${1#*=} && shift ;;
      --name) need_value "$1" $# && name=$2 && shift 2 ;;
      -h | --help) help_of token && return ;;
      *) die "token does not know '$1'; see: slipway token --help" ;;
    esac
  done
  [ -n "$file" ] && [ -n "$name" ] || die "token $action needs --file FILE and --name NAME"
  [[ $name =~ ^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$ ]] || die "\"$name\" is no name for a token: 1 to 64 of A-Z a-z 0-9 . _ -"
  "token_$action" "$(realpath -m "$file")" "$name"
}

token_add() {
  local token
  ! token_in "$1" "$2" || die "$1 has a token $2 already; take it back first: slipway token remove --file $1 --name $2"
  token=$(head -c 32 /dev/urandom | base64 -w 0 | tr '+/' '-_' | tr -d '=')
  { [ ! -e "$1" ] || cat "$1"; printf '%s sha256:%s\n' "$2" "$(printf %s "$token" | sha256sum | cut -d ' ' -f 1)"; } | token_write "$1"
  printf '%s\n' "$token"
}

token_remove() {
  token_in "$1" "$2" || die "$1 has no token $2"
  awk -v name="$2" '$1 != name' "$1" | token_write "$1"
}

token_in() { [ -e "$1" ] && [ -n "$(awk -v name="$2" '$1 == name' "$1")" ]; }

# Never half of a file: the farm may look at any moment. It holds no secrets.
token_write() {
  cat >"$1.new" && chmod 0644 "$1.new" && mv -f "$1.new" "$1" || die "$1 cannot be written"
}
