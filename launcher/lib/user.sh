# Who runs the farm: the caller, or, when the caller is root, the user "slipway". A worker never has real root.

readonly FARM_USER=slipway
readonly FARM_USER_HOME=/var/lib/slipway
# Ids a container may use; as many as one user namespace of a distribution's default user.
readonly SUBORDINATE_IDS=65536

is_root() { [ "$(id -u)" -eq 0 ]; }

farm_home() { if is_root; then printf '%s' "$FARM_USER_HOME"; else printf '%s' "${XDG_DATA_HOME:-$HOME/.local/share}/slipway"; fi; }

default_root() { printf '%s/farm' "$(farm_home)"; }

# ensure_user: makes the unprivileged user when root asks; otherwise checks that the caller has subordinate ids.
ensure_user() {
  if is_root; then
    if ! id "$FARM_USER" >/dev/null 2>&1; then
      useradd --system --create-home --home-dir "$FARM_USER_HOME" --shell /usr/sbin/nologin "$FARM_USER"
      say "created the user $FARM_USER: nothing of the farm runs as root"
    fi
    has_ids /etc/subuid "$FARM_USER" || usermod --add-subuids "$(free_ids /etc/subuid)" "$FARM_USER"
    has_ids /etc/subgid "$FARM_USER" || usermod --add-subgids "$(free_ids /etc/subgid)" "$FARM_USER"
    # Distributions ship this device open to all; some images do not, and without it containers have no network of their own.
    [ ! -c /dev/net/tun ] || [ -n "$(find /dev/net/tun -perm -0006)" ] || chmod 0666 /dev/net/tun 2>/dev/null || true
  else
    local name
    name=$(id -un)
    has_ids /etc/subuid "$name" && has_ids /etc/subgid "$name" ||
      die "user $name has no subordinate ids; run once: sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 $name"
  fi
}

# has_ids FILE USER
has_ids() {
  local uid
  uid=$(id -u "$2")
  [ -r "$1" ] && awk -F: -v name="$2" -v id="$uid" -v want=$SUBORDINATE_IDS '($1 == name || $1 == id) && $3 >= want { found = 1 } END { exit !found }' "$1"
}

# free_ids FILE: "FIRST-LAST", after every range already given out.
free_ids() {
  local first
  first=$(awk -F: 'BEGIN { end = 100000 } $2 + $3 > end { end = $2 + $3 } END { print end }' "$1" 2>/dev/null)
  first=${first:-100000}
  printf '%d-%d' "$first" $((first + SUBORDINATE_IDS - 1))
}

# as_farm COMMAND...: runs it as the user of the farm.
as_farm() {
  if is_root; then
    setpriv --reuid="$FARM_USER" --regid="$FARM_USER" --init-groups env HOME="$FARM_USER_HOME" USER="$FARM_USER" LOGNAME="$FARM_USER" \
      PATH="$SYSTEM_PATH" "$@"
  else
    "$@"
  fi
}

# A folder the farm's user cannot reach (below somebody's closed home) is shown to its processes in a mount namespace of their own.
# VIEWS holds "source target" pairs; process.sh mounts them.
VIEWS=()

# view PATH: the path under which the farm's processes see it.
view() {
  local path=$1 index pair
  if ! is_root || as_farm test -r "$path" -a -x "$path"; then
    printf '%s' "$path"
    return
  fi
  for pair in "${VIEWS[@]:-}"; do
    if [[ -n $pair && $path/ == "${pair%% *}"/* ]]; then
      printf '%s' "${pair##* }${path#"${pair%% *}"}"
      return
    fi
  done
  printf '%s' "$path"
}

# show PATH: adds a view of it if the farm's user cannot reach it.
show() {
  is_root || return 0
  [ "$(view "$1")" = "$1" ] || return 0
  as_farm test -r "$1" -a -x "$1" && return 0
  local target=$FARM_USER_HOME/view/${#VIEWS[@]}
  mkdir -p "$target"
  VIEWS+=("$1 $target")
}
