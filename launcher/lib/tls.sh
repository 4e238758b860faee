# Certificate files of the endpoint and of the farm's own processes: where they are, and that the farm's user may read them.

# The certificate, its key and, where clients need a certificate, their CA and the list of those it took back; empty = plain text.
TLS_FILES=()
# The folder with what coordinators and workers show each other; empty = plain text.
FARM_TLS=

# tls_folder DIR: those that `slipway certs` makes; clients need a certificate.
tls_folder() {
  local folder
  folder=$(realpath -m "$1")
  [ -d "$folder" ] || die "--tls: there is no folder $folder; make one with: slipway certs init --dir $folder"
  TLS_FILES=("$folder/server/cert.pem" "$folder/server/key.pem" "$folder/ca.pem")
  [ ! -e "$folder/crl.pem" ] || TLS_FILES+=("$folder/crl.pem")
}

# farm_tls_folder DIR: what `slipway certs farm` makes.
farm_tls_folder() {
  FARM_TLS=$(realpath -m "$1")
  [ -d "$FARM_TLS" ] || die "--farm-tls: there is no folder $FARM_TLS; make one with: slipway certs farm --dir $FARM_TLS"
}

# farm_enrols: whether workers get certificates of their own: the folder has the CA's key.
farm_enrols() { [ -n "$FARM_TLS" ] && [ -e "$FARM_TLS/ca-key.pem" ]; }

# farm_tls_files: all of that folder that processes read.
farm_tls_files() {
  [ -n "$FARM_TLS" ] || return 0
  printf '%s\n' "$FARM_TLS"/coordinator/{cert,key}.pem "$FARM_TLS/ca.pem"
  if farm_enrols; then printf '%s\n' "$FARM_TLS/ca-key.pem"; else printf '%s\n' "$FARM_TLS"/worker/{cert,key}.pem; fi
}

# farm_tls_arguments coordinator|worker: one a line.
farm_tls_arguments() {
  [ -n "$FARM_TLS" ] || return 0
  printf -- '--farm-tlscacert\n%s\n' "$(seen_file "$FARM_TLS/ca.pem")"
  if [ "$1" = coordinator ] || ! farm_enrols; then
    printf -- '--farm-tlscert\n%s\n--farm-tlskey\n%s\n' "$(seen_file "$FARM_TLS/$1/cert.pem")" "$(seen_file "$FARM_TLS/$1/key.pem")"
  fi
  if [ "$1" = coordinator ] && farm_enrols; then
    printf -- '--farm-cacert\n%s\n--farm-cakey\n%s\n' "$(seen_file "$FARM_TLS/ca.pem")" "$(seen_file "$FARM_TLS/ca-key.pem")"
  fi
}

# tls_config FILE: those that a configuration names, unless the command line has named some.
tls_config() {
  local cert key ca
  [ ${#TLS_FILES[@]} -eq 0 ] || return 0
  cert=$(config_value "$1" grpc.tls cert) key=$(config_value "$1" grpc.tls key) ca=$(config_value "$1" grpc.tls ca)
  # A half of a pair is for the coordinator to complain about.
  [ -z "$cert" ] || [ -z "$key" ] || mapfile -t TLS_FILES < <(realpath -m "$cert" "$key" ${ca:+"$ca"})
}

# check_tls: that the files are there, and open to the farm's user. Called before its processes start.
check_tls() {
  local file files=()
  mapfile -t files < <(farm_tls_files)
  for file in "${TLS_FILES[@]}" "${files[@]}"; do
    [ -e "$file" ] || die "TLS: $file does not exist$(tls_advice "$file")"
    show "$(dirname "$file")"
    farm_reads "$file" || open_to_farm "$file"
  done
}

# farm_reads FILE: a view of its folder is there in the farm's processes only, so there the modes have to tell.
farm_reads() {
  if [ "$(seen_file "$1")" = "$1" ]; then as_farm test -r "$1"; else farm_has 4 "$1" && farm_has 1 "$(dirname "$1")"; fi
}

# farm_has BIT PATH: whether the modes give the farm's user that right (4 read, 1 pass).
farm_has() {
  local mode uid gid
  read -r mode uid gid < <(stat -L -c '%a %u %g' "$2")
  mode=$((8#$mode))
  if [ "$uid" = "$(id -u "$FARM_USER")" ]; then
    mode=$((mode >> 6))
  elif [ "$gid" = "$(id -g "$FARM_USER")" ]; then
    mode=$((mode >> 3))
  fi
  [ $((mode & $1)) -ne 0 ]
}

tls_advice() {
  case $1 in
    "$FARM_TLS"/*) printf '; slipway certs farm --dir %s makes it' "$FARM_TLS" ;;
    */server/*) printf '; slipway certs init --dir %s makes it' "$(dirname "$(dirname "$1")")" ;;
  esac
}

# The path of a file as the farm's processes see it.
seen_file() { printf '%s/%s' "$(view "$(dirname "$1")")" "$(basename "$1")"; }

# open_to_farm FILE: a key of root's becomes readable by the farm's group too, and by nobody else.
open_to_farm() {
  local file=$1 folder=${1%/*}
  is_root || die "TLS: $(id -un) may not read $file"
  # A view leads past closed folders above this one, not into it.
  farm_has 1 "$folder" || die "TLS: the user $FARM_USER, who runs the farm, may not pass $folder; try: chmod o+x $folder"
  [ -f "$file" ] && [ "$(stat -L -c %a "$file")" = 600 ] && [ "$(stat -L -c %u "$file")" = 0 ] ||
    die "TLS: the user $FARM_USER, who runs the farm, may not read $file; try: chgrp $FARM_USER $file && chmod 640 $file"
  chgrp "$FARM_USER" "$file" && chmod 0640 "$file" || die "TLS: $file cannot be opened to the user $FARM_USER"
  say "TLS: $file can now be read by the group $FARM_USER as well (0640)"
}

# tls_arguments: for the coordinator, one a line.
tls_arguments() {
  [ ${#TLS_FILES[@]} -gt 0 ] || return 0
  printf -- '--tlscert\n%s\n--tlskey\n%s\n' "$(seen_file "${TLS_FILES[0]}")" "$(seen_file "${TLS_FILES[1]}")"
  [ ${#TLS_FILES[@]} -lt 3 ] || printf -- '--tlscacert\n%s\n' "$(seen_file "${TLS_FILES[2]}")"
  [ ${#TLS_FILES[@]} -lt 4 ] || printf -- '--tlscrl\n%s\n' "$(seen_file "${TLS_FILES[3]}")"
}
