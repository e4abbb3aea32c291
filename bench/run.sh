#!/usr/bin/env bash
# Measures Symbolon on this machine and prints Markdown tables; docs/benchmarks.md explains them.
#   bench/run.sh                                everything: about ten minutes after the build
#   bench/run.sh --connections 64,4,16,512      verify at other numbers of connections, too
#   bench/run.sh --rounds 1 --sessions 100000   a short look
#   bench/run.sh nodes --store postgres         three nodes that share a store: also mariadb, redis, redis-always
#   bench/run.sh peers                          Redis as the store, beside libraries that keep sessions in Redis
# Every option of `symbolon-bench run --help` (`symbolon-bench nodes --help`) can be given. Reports: bench/results/*.md
set -euo pipefail
cd "$(dirname "$0")/.."

need() { PATH="$PATH:/usr/sbin" command -v "$1" >/dev/null 2>&1; }
export PATH="$PATH:/usr/sbin"

packages=()
need wrk || packages+=(wrk)
need nginx || packages+=(nginx-light)
if [ "${#packages[@]}" -gt 0 ]; then
  if [ "$(id -u)" = 0 ] && need apt-get; then
    echo "installing: ${packages[*]}" >&2
    apt-get update -qq >/dev/null
    # Debian would start the server that it installs; the benchmark starts its own.
    RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
      "${packages[@]}" >/dev/null
  else
    echo "not installed: ${packages[*]} (as root: apt-get install ${packages[*]})" >&2
    need wrk || exit 69
    echo "going on without nginx" >&2
  fi
fi

# The server first and by itself, so that what is measured is the binary that is shipped.
cargo build --release --locked
cargo build --release --locked -p symbolon-bench --bins
if [ "${1:-}" = peers ]; then
  (cd bench/peers && cargo build --release --locked)
fi
if [ "${1:-}" = nodes ] || [ "${1:-}" = peers ]; then
  exec target/release/symbolon-bench "$@"
fi
cargo bench --locked -p symbolon-bench --bench in_process --no-run

rounds=3
sessions=1000000
previous=""
for word in "$@"; do
  [ "$previous" = --rounds ] && rounds="$word"
  [ "$previous" = --sessions ] && sessions="$word"
  previous="$word"
done

mkdir -p bench/results
cargo bench --locked -p symbolon-bench --bench in_process -- "$rounds" "$sessions" | tee bench/results/in_process.md
target/release/symbolon-bench run "$@"
