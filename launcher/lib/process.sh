# Starting and ending the farm's processes. Each leads a process group of its own; its id stands in ROOT/run/NAME.pid.

# A stop is asked for, then forced after this long, unless PATIENCE_MS says otherwise.
readonly STOP_PATIENCE_MS=4000
# Root's own folders are no place for the farm's user to look for programs.
readonly SYSTEM_PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

# start_process ROOT NAME COMMAND...: as the farm's user, output to ROOT/log/NAME.log.
# With TIED=yes the process ends when the launcher does, however that ends.
start_process() {
  local root=$1 name=$2
  shift 2
  local tie=()
  [ "${TIED:-}" != yes ] || tie=(setpriv --pdeathsig TERM)
  (
    cd /
    if [ ${#VIEWS[@]} -gt 0 ]; then
      exec_with_views "$@"
    elif is_root; then
      exec setsid setpriv --reuid="$FARM_USER" --regid="$FARM_USER" --init-groups env HOME="$FARM_USER_HOME" USER="$FARM_USER" \
        LOGNAME="$FARM_USER" PATH="$SYSTEM_PATH" "${tie[@]}" "$@"
    else
      exec setsid env PATH="$PATH:/usr/sbin:/sbin" "${tie[@]}" "$@"
    fi
  ) </dev/null >>"$root/log/$name.log" 2>&1 3>&- 4>&- 9>&- &
  echo "$! $(started_at $!) $(cat /proc/sys/kernel/random/boot_id)" >"$root/run/$name.pid"
}

# When a process started, in clock ticks since the boot: with the id and the boot it names one process for good.
started_at() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20; }

pid_of() { cut -d' ' -f1 "$1/run/$2.pid" 2>/dev/null; }

exec_with_views() {
  local script='while [ "$1" != -- ]; do mount --bind "$1" "$2" && shift 2 || exit 70; done; shift; exec "$@"' pairs=() pair
  for pair in "${VIEWS[@]}"; do pairs+=("${pair%% *}" "${pair##* }"); done
  exec setsid unshare --mount --propagation private sh -c "$script" sh "${pairs[@]}" -- \
    setpriv --reuid="$FARM_USER" --regid="$FARM_USER" --init-groups env HOME="$FARM_USER_HOME" USER="$FARM_USER" LOGNAME="$FARM_USER" \
    PATH="$SYSTEM_PATH" "${tie[@]}" "$@"
}

# running ROOT NAME: whether the process of that pid file is alive and still ours (its id may have been given to another).
running() {
  local pid ticks boot
  read -r pid ticks boot 2>/dev/null <"$1/run/$2.pid" || return 1
  [ "$boot" = "$(cat /proc/sys/kernel/random/boot_id)" ] || return 1
  [ "$(started_at "$pid")" = "$ticks" ] || return 1
  # A zombie has ended. The third field follows the last bracket of the name.
  [[ $(sed 's/.*) //' "/proc/$pid/stat" 2>/dev/null) != Z* ]]
}

# process_names ROOT: every process with a pid file, coordinators last (the workers leave first).
process_names() {
  local file
  for file in "$1"/run/worker-*.pid "$1"/run/registry.pid "$1"/run/coordinator.pid "$1"/run/coordinator-*.pid; do
    [ ! -e "$file" ] || basename "$file" .pid
  done
}

# stop_processes ROOT NAME...: SIGTERM to all, SIGKILL to those that stay and to whatever is left of their sessions.
stop_processes() {
  local root=$1 name pid boot deadline left
  shift
  local patience=${PATIENCE_MS:-$STOP_PATIENCE_MS}
  # Coordinators first: a worker that leaves with all of them has nothing to hand over.
  for name in $(printf '%s\n' "$@" | sort); do
    if running "$root" "$name"; then kill -TERM "$(pid_of "$root" "$name")" 2>/dev/null || true; fi
  done
  deadline=$(($(now_ms) + patience))
  while :; do
    left=
    for name in "$@"; do ! running "$root" "$name" || left=yes; done
    [ -n "$left" ] && [ "$(now_ms)" -lt $deadline ] || break
    sleep 0.05
  done
  for name in "$@"; do
    read -r pid _ boot 2>/dev/null <"$root/run/$name.pid" || continue
    if running "$root" "$name"; then
      say "$name did not end within $(seconds "$patience") s and is killed"
      kill -KILL "$pid" 2>/dev/null || true
    fi
    [ "$boot" != "$(cat /proc/sys/kernel/random/boot_id)" ] || kill_session "$pid"
    rm -f "$root/run/$name.pid"
  done
}

# What is left of a session whose leader is gone. The kernel gives no new process that id while the session has a member.
kill_session() {
  local pids
  pids=$(ps -e -o pid=,sid= | awk -v s="$1" '$2 == s { print $1 }')
  # shellcheck disable=SC2086
  [ -z "$pids" ] || kill -KILL $pids 2>/dev/null || true
}

# A port of loopback on which nothing listens, below those that the kernel hands out.
free_port() {
  local port
  while :; do
    port=$((RANDOM % 20000 + 12000))
    (exec 8<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
  done
  printf '%d' "$port"
}
