# What bench/run builds: case_NAME FOLDER writes a Dockerfile and its context. The file `salt` changes before every cold build.

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
  # Text that compresses by about half, a different one each time.
  printf 'FROM busybox\nCOPY salt /salt\nRUN head -c 200000000 /dev/urandom | base64 > /big\n' >"$1/Dockerfile"
}

case_many-files() {
  date +%s%N >"$1/salt"
  cat >"$1/Dockerfile" <<'TEXT'
FROM busybox AS files
COPY salt /salt
RUN mkdir /files && cd /files && for d in $(seq 100); do mkdir $d && head -c 200000 /dev/urandom | split -b 1000 - $d/f; done
FROM busybox
COPY --from=files /files /files
TEXT
}

case_big-context() {
  date +%s%N >"$1/salt"
  small_files "$1/files" 10000
  printf 'FROM busybox\nCOPY . /app\n' >"$1/Dockerfile"
}
