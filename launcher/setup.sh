# usage: slipway setup [--tests]
#
# Installs what is missing on this machine from Debian's packages (launcher/packages), as root. --tests: also what the tests need.

command_setup() {
  local scopes=(run demo)
  while [ $# -gt 0 ]; do
    case $1 in
      --tests) scopes+=(test) && shift ;;
      -h | --help) help_of setup && return ;;
      *) die "setup does not know '$1'" ;;
    esac
  done
  ensure_packages "${scopes[@]}"
  ! is_root || ensure_user
  say "all that is needed is here (JDK: $(find_jdk))"
}
