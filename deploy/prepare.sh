#!/bin/sh
# Makes, once, what compose.yaml needs: a password of Redis, the master key, the folders of the data, and .env, which says
# as whom the containers run: as you, or as a user without rights where you are root.
set -eu
cd "$(dirname "$0")"
umask 077

if [ -e .env ] || [ -e secrets ]; then
    echo "prepare.sh: .env or secrets is there already; a new password or key would lock you out of your own data" >&2
    exit 1
fi

# 32 bytes as hex digits.
random() {
    od -An -N32 -tx1 /dev/urandom | tr -d ' \n'
}

mkdir -p secrets data/redis data/symbolon
password=$(random)
printf 'requirepass %s\n' "$password" >secrets/redis-password.conf
printf 'redis://:%s@redis:6379/0\n' "$password" >secrets/store-url
printf '%s\n' "$(random)" >secrets/master-key

user=$(id -u):$(id -g)
if [ "$(id -u)" = 0 ]; then
    user=10001:10001
    chown -R "$user" secrets data
fi
printf 'SYMBOLON_USER=%s\n' "$user" >.env
echo "ready: docker compose up -d; keep a copy of secrets/master-key apart from that of data/"
