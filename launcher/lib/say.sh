# How the launcher talks: what it does on standard error, so that standard output stays for answers.

# Nobody may be listening any more.
say() { printf '%s\n' "slipway: $*" >&2 || true; }

die() {
  say "$*"
  exit 1
}

# Seconds with a tenth, of a time in milliseconds.
seconds() { printf '%d.%d' $(($1 / 1000)) $(($1 % 1000 / 100)); }

now_ms() { local t=${EPOCHREALTIME/[.,]/}; printf '%s' "${t%???}"; }

# need_value FLAG COUNT: dies unless a value follows the flag.
need_value() { [ "$2" -ge 2 ] || die "$1 needs a value"; }

slipway_version() { sed -n 's:.*<version>\(.*\)</version>.*:\1:p' "$SLIPWAY_HOME/pom.xml" | head -n 1; }

# The help of a command: the comment at the top of its file.
help_of() { sed -n '1,/^$/s/^# \{0,1\}//p' "$SLIPWAY_HOME/launcher/$1.sh"; }
