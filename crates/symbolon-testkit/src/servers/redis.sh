# Runs the Redis whose configuration is $1/redis.conf with the programs $2 and $3, and obeys until the pipe ends.
# What follows are arguments of the server.
folder=$1 server=$2 client=$3
shift 3
# What ends the test at a terminal must not end this before it has cleaned up.
trap '' INT TERM HUP
cd "$folder" || exit 1
as=
if [ "$(id -u)" = 0 ]; then
    user=$(id -un redis 2>/dev/null || echo valkey)
    chown -R "$user": "$folder"
    as="setpriv --reuid=$user --regid=$user --init-groups"
fi
pid=

start() {
    rm -f "$folder/socket"
    $as "$server" "$folder/redis.conf" "$@" </dev/null >>"$folder/log" 2>&1 &
    pid=$!
    # Whatever it answers, it is there.
    until "$client" -s "$folder/socket" ping >/dev/null 2>&1; do
        kill -0 "$pid" 2>/dev/null || return 1
        sleep 0.02
    done
}

end() {
    kill -"$1" "$pid" 2>/dev/null
    wait "$pid" 2>/dev/null
}

clean_up() {
    end KILL
    cd /
    rm -rf "$folder"
}

if ! start "$@"; then
    cat "$folder/log"
    clean_up
    exit 1
fi
echo done

while read -r word; do
    case $word in
        kill) end KILL ;;
        stop) end TERM ;;
        freeze) kill -STOP "$pid" ;;
        thaw) kill -CONT "$pid" ;;
        start) start "$@" || { cat "$folder/log"; clean_up; exit 1; } ;;
        *) echo "unknown: $word"; clean_up; exit 1 ;;
    esac
    echo done
done
clean_up
