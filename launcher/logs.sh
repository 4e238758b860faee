# usage: slipway logs [-f] [-n LINES] [--root DIR] [coordinator|coordinator-N|worker-N]...
#
# Prints the end of the farm's logs, of all processes unless some are named; -f follows them.

command_logs() {
  local root follow=() lines=50 names=() name files=()
  root=$(default_root)
  while [ $# -gt 0 ]; do
    case $1 in
      --root=*) root=$(realpath -m "${1#*=}") && shift ;;
      --root) need_value "$1" $# && root=$(realpath -m "$2") && shift 2 ;;
      -f | --follow) follow=(-F) && shift ;;
      -n) need_value "$1" $# && lines=$2 && shift 2 ;;
      -h | --help) help_of logs && return ;;
      -*) die "logs does not know '$1'; see: slipway logs --help" ;;
      *) names+=("$1") && shift ;;
    esac
  done
  [ -d "$root/log" ] || die "no farm ever ran in $root"
  if [ ${#names[@]} -eq 0 ]; then
    files=("$root"/log/*.log)
  else
    for name in "${names[@]}"; do
      [ -e "$root/log/$name.log" ] || die "there is no log of '$name'; there are: $(cd "$root/log" && ls | sed 's/\.log$//' | paste -sd' ')"
      files+=("$root/log/$name.log")
    done
  fi
  exec tail -n "$lines" "${follow[@]}" "${files[@]}"
}
