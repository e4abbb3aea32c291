# Makes a MariaDB in the folder $1 with the server in $2 on the port $3, and obeys until the pipe ends.
# What follows are the server's settings.
folder=$1 bin=$2 port=$3
shift 3
user=mysql in_order=TERM at_once=KILL

# The first start makes the one user and its database; it listens after that.
make() {
    password=$(cat "$folder/password")
    # A statement has to stand in one line.
    cat >"$folder/first.sql" <<END
CREATE USER IF NOT EXISTS symbolon@'%' IDENTIFIED BY '$password';
GRANT ALL ON *.* TO symbolon@'%' WITH GRANT OPTION;
CREATE DATABASE IF NOT EXISTS symbolon;
END
    $as mariadb-install-db --no-defaults --datadir="$folder/data" --tmpdir="$folder" --skip-test-db --skip-name-resolve \
        --auth-root-authentication-method=normal --innodb-log-file-size=16M
}

# A server that starts removes every temporary table that it finds where its own go, also another server's.
run() {
    $as $clock "$bin/mariadbd" --no-defaults --datadir="$folder/data" --tmpdir="$folder" --port="$port" --bind-address=127.0.0.1 \
        --socket="$folder/socket" --pid-file="$folder/pid" --init-file="$folder/first.sql" --skip-name-resolve \
        --innodb-log-file-size=16M --innodb-buffer-pool-size=32M --innodb-flush-method=fsync --max-connections=100 "$@" \
        </dev/null >>"$folder/log" 2>&1 &
    pid=$!
    answers mariadb-admin --no-defaults --skip-ssl --protocol=tcp --host=127.0.0.1 --port="$port" --user=symbolon \
        --password="$(cat "$folder/password")" --connect-timeout=1 status
}
