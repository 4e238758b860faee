# usage: slipway down [--root DIR]
#
# Ends everything that `slipway up` started in that root: SIGTERM, and SIGKILL to what does not listen. The state stays.

command_down() {
  local root
  root=$(default_root)
  while [ $# -gt 0 ]; do
    case $1 in
      --root=*) root=$(realpath -m "${1#*=}") && shift ;;
      --root) need_value "$1" $# && root=$(realpath -m "$2") && shift 2 ;;
      -h | --help) help_of down && return ;;
      *) die "down does not know '$1'; see: slipway down --help" ;;
    esac
  done
  if [ -z "$(process_names "$root")" ]; then
    say "no farm runs in $root"
    return
  fi
  stop_farm "$root"
  say "ended the farm in $root"
}
