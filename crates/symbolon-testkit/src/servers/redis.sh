# Runs the Redis whose configuration is $1/redis.conf with the programs $2 and $3, and obeys until the pipe ends.
# What follows are arguments of the server.
folder=$1 server=$2 client=$3
shift 3
user=$(id -un redis 2>/dev/null || echo valkey) in_order=TERM at_once=KILL

make() {
    :
}

run() {
    rm -f "$folder/socket"
    $as "$server" "$folder/redis.conf" "$@" </dev/null >>"$folder/log" 2>&1 &
    pid=$!
    # Whatever it answers, it is there.
    answers "$client" -s "$folder/socket" ping
}

