# What is missing on this machine, and its installation with apt.

# Fields of launcher/packages without blanks: "probe|package|scope|suite".
package_list() { sed -e '/^#/d' -e '/^ *$/d' -e 's/ *| */|/g' -e 's/ *$//' "$SLIPWAY_HOME/launcher/packages"; }

probe_finds() {
  case $1 in
    jdk25) find_jdk >/dev/null ;;
    # Makes layers' blobs twice as fast; elsewhere the farm does without it.
    libdeflate) ! is_debian || PATH=$PATH:/usr/sbin:/sbin ldconfig -p | grep 'libdeflate\.so\.0' >/dev/null ;;
    /*) [ -e "$1" ] ;;
    *) PATH=$PATH:/usr/sbin:/sbin command -v "$1" >/dev/null ;;
  esac
}

# missing_packages SCOPE...: "package|suite" of all that the scopes need and this machine lacks.
missing_packages() {
  local probe package scope suite
  while IFS='|' read -r probe package scope suite; do
    [[ " $* " == *" $scope "* ]] || continue
    probe_finds "$probe" || printf '%s|%s\n' "$package" "$suite"
  done < <(package_list) | sort -u
}

# ensure_packages SCOPE...: installs what is missing, or says the one command that does and stops.
ensure_packages() {
  local missing names
  missing=$(missing_packages "$@")
  [ -n "$missing" ] || return 0
  names=$(cut -d'|' -f1 <<<"$missing" | paste -sd' ')
  if ! is_debian; then
    die "missing on this machine: $names (names of Debian's packages); install them with the package manager of this distribution"
  fi
  if [ "$(id -u)" -ne 0 ]; then
    local tests=
    [[ " $* " != *" test "* ]] || tests=" --tests"
    die "missing on this machine: $names. Install with: sudo $SLIPWAY_HOME/slipway setup$tests"
  fi
  say "installing $names"
  install_packages "$missing"
  missing=$(missing_packages "$@")
  [ -z "$missing" ] || die "still missing after the installation: $(cut -d'|' -f1 <<<"$missing" | paste -sd' ')"
}

# install_packages "package|suite" lines: as root. A package the machine's release has comes from there, unless the suite begins with "=".
install_packages() {
  local package suite own=() newer=() newer_suite=
  apt_get update
  while IFS='|' read -r package suite; do
    if [ -z "$suite" ] || [ "${suite#=}" = "$(debian_codename)" ] || { [[ $suite != =* ]] && release_has "$package"; }; then
      own+=("$package")
    else
      newer+=("$package") newer_suite=${suite#=}
    fi
  done <<<"$1"
  [ ${#own[@]} -eq 0 ] || apt_get install --no-install-recommends "${own[@]}"
  [ ${#newer[@]} -eq 0 ] || install_from_newer "$newer_suite" "${newer[@]}"
}

# From a newer suite at a pin below what is installed: nothing else moves up unless these packages need it (the JDK needs a newer libc6).
install_from_newer() {
  local suite=$1
  shift
  say "taking $* from Debian $suite at a low pin"
  write_source "/etc/apt/sources.list.d/slipway-$suite.sources" "$suite"
  printf 'Package: *\nPin: release n=%s\nPin-Priority: 50\n' "$suite" >"/etc/apt/preferences.d/slipway-$suite"
  apt_get update
  for package in "$@"; do
    # Where this release has an older one, that would be taken without -t.
    { ! release_has "$package" && apt_get install --no-install-recommends "$package" 2>/dev/null; } || apt_get install --no-install-recommends -t "$suite" "$package"
  done
}

# Whether a source that is not one of ours has the package.
# (not grep -q: apt-cache would end by SIGPIPE, which counts as a failure here)
release_has() { apt-cache policy "$1" | grep -E '^ +(5|99)[0-9]{1,2} [a-z]' >/dev/null; }

apt_get() {
  local log status=0
  log=$(mktemp)
  # The service of a package that is installed (docker.io's, docker-registry's) is not started: policy-rc.d answers 101 while apt runs.
  local policy=/usr/sbin/policy-rc.d ours=
  if [ ! -e $policy ] && [ "$1" = install ]; then
    printf '#!/bin/sh\nexit 101\n' >$policy && chmod +x $policy && ours=yes
  fi
  DEBIAN_FRONTEND=noninteractive apt-get -y -q -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=120 -o Acquire::Retries=3 "$@" >"$log" 2>&1 </dev/null || status=$?
  [ -z "$ours" ] || rm -f $policy
  if [ $status -ne 0 ]; then
    tail -n 15 "$log" >&2
    say "apt-get $* failed"
  fi
  rm -f "$log"
  return $status
}
