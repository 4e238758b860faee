# What bench/run builds: case_NAME FOLDER writes a Dockerfile and its context. The file `salt` changes before every cold build, and more
# where there is a fresh_NAME. platforms_NAME: the platforms, where it is not this machine's alone.

# A folder of COUNT files of 2 KiB each that do not compress to nothing.
small_files() {
  local folder=$1 count=$2
  mkdir -p "$folder"
  head -c $((count * 1536)) /dev/urandom | base64 -w 0 | split -b 2048 -a 5 - "$folder/f"
}

case_small() {
  date +%s%N >"$1/salt"
  printf 'FROM busybox\nCOPY salt /salt\nRUN cat /salt > /copy && echo done\nCMD ["cat", "/copy"]\n' >"$1/Dockerfile"
}

case_fifty-steps() {
  date +%s%N >"$1/salt"
  {
    printf 'FROM busybox\nCOPY salt /salt\n'
    for step in $(seq 50); do printf 'RUN echo %d >> /steps\n' "$step"; done
  } >"$1/Dockerfile"
}

case_fan-out() {
  date +%s%N >"$1/salt"
  {
    for stage in $(seq 8); do printf 'FROM busybox AS s%d\nCOPY salt /salt\nRUN sleep 3 && cat /salt > /out%d\n' "$stage" "$stage"; done
    printf 'FROM busybox\n'
    for stage in $(seq 8); do printf 'COPY --from=s%d /out%d /\n' "$stage" "$stage"; done
  } >"$1/Dockerfile"
}

case_big-layer() {
  date +%s%N >"$1/salt"
  # 400 MB of text that compresses by a quarter, a different one each time.
  printf 'FROM busybox\nCOPY salt /salt\nRUN head -c 300000000 /dev/urandom | base64 > /big\n' >"$1/Dockerfile"
}

case_many-files() {
  date +%s%N >"$1/salt"
  # 50,000 files, written by the shell itself: no process for each.
  cat >"$1/Dockerfile" <<'TEXT'
FROM busybox AS files
COPY salt /salt
RUN salt=$(cat /salt) && mkdir /files && cd /files && for d in $(seq 100); do mkdir $d; for f in $(seq 500); do echo "$salt $d $f" > $d/$f; done; done
FROM busybox
COPY --from=files /files /files
TEXT
}

case_big-context() {
  date +%s%N >"$1/salt"
  fresh_big-context "$1"
  printf 'FROM busybox\nCOPY . /app\n' >"$1/Dockerfile"
}

fresh_big-context() {
  rm -rf "$1/files"
  small_files "$1/files" 10000
}

case_platforms() {
  date +%s%N >"$1/salt"
  printf 'FROM busybox\nCOPY salt /salt\nRUN uname -m && cat /salt > /copy\n' >"$1/Dockerfile"
}

platforms_platforms() { echo linux/amd64,linux/arm64; }
