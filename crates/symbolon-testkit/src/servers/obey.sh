
# What each server has of its own stands before this, and the variables that it sets: the folder $folder, the user $user
# as which it runs if this is root, `make` and `run`, and the signals that end it in order and at once.

# What ends the test at a terminal must not end this before it has cleaned up.
trap '' INT TERM HUP
cd "$folder" || exit 1
as=
if [ "$(id -u)" = 0 ]; then
    chown -R "$user": "$folder"
    as="setpriv --reuid=$user --regid=$user --init-groups"
fi
pid= frozen=

# Its processes.
all() {
    echo "$pid" $(cat "/proc/$pid/task/$pid/children")
}

# Waits until the server that was just started answers; on a busy machine that may take half a minute.
answers() {
    tries=0
    until "$@" >"$folder/answer" 2>&1; do
        kill -0 "$pid" 2>/dev/null || return 1
        tries=$((tries + 1))
        [ "$tries" -lt 1500 ] || { cat "$folder/answer"; return 1; }
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
    signal=$1
    shift
    kill -"$signal" "$@" 2>/dev/null
    wait "$pid" 2>/dev/null
}

clean_up() {
    [ -z "$frozen" ] || kill -CONT $frozen 2>/dev/null
    end "$at_once" "$pid"
    cd /
    # A disk in it is removed by who made it.
    rm -rf "$folder" 2>/dev/null
}

if ! make >"$folder/log" 2>&1 || ! run "$@"; then
    cat "$folder/log"
    clean_up
    exit 1
fi
echo done

while read -r word; do
    case $word in
        kill) end KILL $(all) ;;
        stop) end "$in_order" "$pid" ;;
        freeze)
            frozen=$(all)
            kill -STOP $frozen
            ;;
        thaw) kill -CONT $frozen ;;
        fill) cat /dev/zero >"$folder/data/filler" 2>/dev/null ;;
        free) rm -f "$folder/data/filler" ;;
        start) start "$@" || { cat "$folder/log"; clean_up; exit 1; } ;;
        *) echo "unknown: $word"; clean_up; exit 1 ;;
    esac
    echo done
done
clean_up
