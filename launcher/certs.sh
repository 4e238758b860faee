# usage: slipway certs init --dir DIR [--host NAME]...
#        slipway certs client --dir DIR --name NAME
#        slipway certs farm --dir DIR
#        slipway certs renew --dir DIR [--host NAME]...
#        slipway certs revoke --dir DIR --name NAME
#
# Certificates for clients that are on other machines than the farm. Nothing is overwritten, except by renew.
#   init    makes a CA (DIR/ca.pem, DIR/ca-key.pem), the endpoint's certificate (DIR/server/{cert,key}.pem) and a first
#           client's (DIR/client/{cert,key}.pem); `slipway up --tls DIR` uses them
#   client  makes one more client's: DIR/client-NAME/{cert,key}.pem
#   farm    makes what coordinators and workers show each other: a CA (DIR/ca.pem, DIR/ca-key.pem), the coordinators' certificate
#           (DIR/coordinator) and one for all workers that get none of their own (DIR/worker). `slipway up --farm-tls DIR` uses it:
#           coordinators have the CA's key, and each worker gets a certificate for some hours when it joins, renewed by itself.
#           Without DIR/ca-key.pem workers show DIR/worker. It is another CA than the clients'
#   renew   gives the endpoint a new key and certificate; a farm that runs takes them for its next connections
#   revoke  takes a client's certificate back (DIR/crl.pem); a farm that was started with `--tls DIR` refuses its next call
#   --host NAME    name or address under which clients reach the endpoint, may be repeated; localhost, 127.0.0.1 and ::1 are in any
#                  case. renew keeps the names unless some are said
#
# Keys are readable by their owner only. DIR/ca-key.pem of init is not needed by the farm: keep it where clients' certificates are
# made. That of farm is needed by coordinators, and by nothing else: no other machine has to have it. A worker on another machine
# needs neither: give it a token, see: slipway worker --help

command_certs() {
  case ${1:---help} in
    -h | --help) help_of certs && return ;;
    init | client | farm | renew | revoke) ;;
    *) die "certs does not know '$1'; see: slipway certs --help" ;;
  esac
  local word
  for word in "$@"; do
    case $word in -h | --help) help_of certs && return ;; esac
  done
  ensure_jars
  "$JAVA_HOME/bin/java" -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp "$(jar_of coordinator)" dev.slipway.CertificatesMain "$@"
}
