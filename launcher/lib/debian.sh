# Debian's package sources, read from this machine's own apt configuration: no host name is written in this repository.

debian_codename() { (. /etc/os-release && printf '%s' "${VERSION_CODENAME:-}"); }

is_debian() { [ -r /etc/os-release ] && (. /etc/os-release && [ "${ID:-}" = debian ]) && command -v apt-get >/dev/null; }

# debian_source: prints "URI<tab>KEYRING" of the first source of this release's main component; the keyring may be empty.
debian_source() {
  local codename found
  codename=$(debian_codename)
  found=$(source_from_deb822 "$codename")
  [ -n "$found" ] || found=$(source_from_lists "$codename")
  [ -n "$found" ] || return 1
  printf '%s\n' "$found"
}

source_from_deb822() {
  local files=()
  mapfile -t files < <(ls /etc/apt/sources.list.d/*.sources 2>/dev/null)
  [ ${#files[@]} -gt 0 ] || return 0
  # Paragraphs end at empty lines and at the end of each file.
  for file in "${files[@]}"; do
    cat "$file"
    echo
  done | awk -v codename="$1" '
    function value(line) { sub(/^[^:]*:[ \t]*/, "", line); return line }
    function flush(  n, parts) {
      if (uri != "" && (" " types " ") ~ / deb / && (" " suites " ") ~ (" " codename " ") && (" " components " ") ~ / main / && enabled != "no") {
        split(uri, parts, " "); print parts[1] "\t" (key ~ /^\// ? key : ""); exit
      }
      uri = types = suites = components = key = enabled = ""
    }
    /^#/ { next }
    /^[ \t]*$/ { flush(); next }
    tolower($1) == "types:" { types = value($0) }
    tolower($1) == "uris:" { uri = value($0) }
    tolower($1) == "suites:" { suites = value($0) }
    tolower($1) == "components:" { components = value($0) }
    tolower($1) == "signed-by:" { key = value($0) }
    tolower($1) == "enabled:" { enabled = value($0) }
  '
}

source_from_lists() {
  cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null | awk -v codename="$1" '
    $1 != "deb" { next }
    {
      key = ""
      if ($0 ~ /\[/) {
        options = $0; sub(/^[^[]*\[/, "", options); sub(/\].*/, "", options)
        n = split(options, parts, " ")
        for (i = 1; i <= n; i++) if (parts[i] ~ /^signed-by=\//) { key = parts[i]; sub(/^signed-by=/, "", key) }
        sub(/\[[^]]*\]/, "")
      }
      $0 = $0
      if ($3 == codename) for (i = 4; i <= NF; i++) if ($i == "main") { print $2 "\t" key; exit }
    }
  '
}

# write_source FILE SUITE: an apt source of that suite on this machine's own mirror.
write_source() {
  local uri keyring
  IFS=$'\t' read -r uri keyring < <(debian_source) || die "no apt source of Debian's main component was found on this machine"
  {
    printf 'Types: deb\nURIs: %s\nSuites: %s\nComponents: main\n' "$uri" "$2"
    if [ -n "$keyring" ]; then printf 'Signed-By: %s\n' "$keyring"; fi
  } >"$1"
}
