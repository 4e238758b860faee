# The real docker buildx, with builders and settings of its own below ROOT/buildx: the user's stay as they are.

readonly BUILDX_PLUGIN=/usr/libexec/docker/cli-plugins/docker-buildx

# buildx ROOT ARGUMENTS...
buildx() {
  local root=$1
  shift
  mkdir -p "$root/buildx/docker"
  DOCKER_CONFIG=$root/buildx/docker BUILDX_CONFIG=$root/buildx BUILDX_NO_DEFAULT_ATTESTATIONS=1 "$BUILDX_PLUGIN" "$@"
}
