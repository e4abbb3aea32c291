# Makes a PostgreSQL in the folder $1 with the programs in $2 on the port $3, and obeys until the pipe ends.
# What follows are the server's settings.
folder=$1 bin=$2 port=$3
shift 3
# What ends the test at a terminal must not end this before it has cleaned up.
trap '' INT TERM HUP
cd "$folder" || exit 1
as=
if [ "$(id -u)" = 0 ]; then
    chown -R postgres: "$folder"
    as='setpriv --reuid=postgres --regid=postgres --init-groups'
fi
pid= frozen=

run() {
    $as "$bin/postgres" -D "$folder/data" -p "$port" -c listen_addresses=127.0.0.1 -c unix_socket_directories= \
        -c deadlock_timeout=100ms -c max_wal_size=64MB -c shared_buffers=32MB -c max_connections=60 -c max_wal_senders=0 -c wal_level=minimal "$@" \
        </dev/null >>"$folder/log" 2>&1 &
    pid=$!
    until "$bin/pg_isready" -q -h 127.0.0.1 -p "$port"; do
        kill -0 "$pid" 2>/dev/null || return 1
        sleep 0.02
    done
}

# After a kill the memory of the old server may be held for a moment by a process that is still ending.
start() {
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        run "$@" && return 0
        wait "$pid"
        sleep 0.1
    done
    return 1
}

end() {
    kill -"$1" $2 "$pid" 2>/dev/null
    wait "$pid" 2>/dev/null
}

clean_up() {
    [ -z "$frozen" ] || kill -CONT $frozen 2>/dev/null
    end QUIT
    cd /
    rm -rf "$folder"
}

if ! $as "$bin/initdb" -D "$folder/data" -U symbolon --encoding=UTF8 --locale=C --no-sync \
    --auth=scram-sha-256 --pwfile="$folder/password" >"$folder/log" 2>&1 || ! run "$@"; then
    cat "$folder/log"
    clean_up
    exit 1
fi
echo done

while read -r word; do
    case $word in
        kill) end KILL "$(cat "/proc/$pid/task/$pid/children")" ;;
        stop) end INT ;;
        freeze)
            frozen="$pid $(cat "/proc/$pid/task/$pid/children")"
            kill -STOP $frozen
            ;;
        thaw) kill -CONT $frozen ;;
        start) start "$@" || { cat "$folder/log"; clean_up; exit 1; } ;;
        *) echo "unknown: $word"; clean_up; exit 1 ;;
    esac
    echo done
done
clean_up
