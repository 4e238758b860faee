# A registry on this machine, for the demonstration and the tests: Debian's docker-registry below ROOT/registry.

# start_registry ROOT: returns when it answers; its host:port is in ROOT/run/registry.address.
start_registry() {
  local root=$1 port deadline
  port=$(free_port)
  mkdir -p "$root/registry"
  cat >"$root/registry/config.yml" <<TEXT
version: 0.1
log: {level: warn, accesslog: {disabled: true}}
storage: {filesystem: {rootdirectory: $(view "$root")/registry/data}, delete: {enabled: true}}
http: {addr: "127.0.0.1:$port"}
TEXT
  ! is_root || chown -R "$FARM_USER:$FARM_USER" "$root/registry"
  start_process "$root" registry docker-registry serve "$(view "$root")/registry/config.yml"
  deadline=$(($(now_ms) + 15000))
  until curl -fsS -o /dev/null --max-time 2 "http://127.0.0.1:$port/v2/" 2>/dev/null; do
    running "$root" registry && [ "$(now_ms)" -lt $deadline ] || fail_start "$root" registry "the registry did not start"
    sleep 0.05
  done
  printf '127.0.0.1:%d\n' "$port" >"$root/run/registry.address"
}

# mirror_config REGISTRY: buildkitd.toml in which that registry stands in for Docker Hub.
mirror_config() {
  printf '[registry."docker.io"]\n  mirrors = ["%s"]\n\n[registry."%s"]\n  http = true\n' "$1" "$1"
}
