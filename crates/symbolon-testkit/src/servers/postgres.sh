# Makes a PostgreSQL in the folder $1 with the programs in $2 on the port $3, and obeys until the pipe ends.
# What follows are the server's settings.
folder=$1 bin=$2 port=$3
shift 3
user=postgres in_order=INT at_once=QUIT

make() {
    $as "$bin/initdb" -D "$folder/data" -U symbolon --encoding=UTF8 --locale=C --no-sync \
        --auth=scram-sha-256 --pwfile="$folder/password"
}

run() {
    $as $clock "$bin/postgres" -D "$folder/data" -p "$port" -c listen_addresses=127.0.0.1 -c unix_socket_directories= \
        -c deadlock_timeout=100ms -c max_wal_size=64MB -c shared_buffers=32MB -c max_connections=60 -c max_wal_senders=0 -c wal_level=minimal "$@" \
        </dev/null >>"$folder/log" 2>&1 &
    pid=$!
    answers "$bin/pg_isready" -q -h 127.0.0.1 -p "$port"
}
