# usage: slipway build
#
# Builds the jars with Maven if they are missing or older than their sources.

command_build() {
  case ${1:-} in
    '') ;;
    -h | --help) help_of build && return ;;
    *) die "build does not know '$1'" ;;
  esac
  ensure_jars
  say "the jars are up to date"
}
