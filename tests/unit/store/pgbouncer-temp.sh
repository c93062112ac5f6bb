#!/bin/sh
# pgbouncer-temp.sh start|stop DIR [HOST]: a private pgbouncer in transaction mode for tests, in the new folder DIR, in front of the PostgreSQL server whose
# socket is in HOST (pg-temp.sh). Reached by a socket in DIR, at the same databases; few server connections, so that they are shared.
# start: 77 and one line on stderr where it is not installed.
set -eu

usage() { echo "usage: pgbouncer-temp.sh start DIR HOST | stop DIR" >&2; exit 2; }
[ $# -ge 2 ] || usage
dir=$2
program=$(command -v pgbouncer || true)
[ -n "$program" ] || program=/usr/sbin/pgbouncer

. "$(dirname "$0")/unprivileged.sh"

start() {
    [ -x "$program" ] || { echo "pgbouncer-temp: skipped: no pgbouncer here (Debian package pgbouncer)" >&2; exit 77; }
    mkdir -p "$dir"
    cat >"$dir/pgbouncer.ini" <<END
[databases]
* = host=$1 user=chancery
[pgbouncer]
listen_addr =
unix_socket_dir = $dir
listen_port = 5432
auth_type = any
pool_mode = transaction
default_pool_size = 4
max_client_conn = 200
ignore_startup_parameters = extra_float_digits
logfile = $dir/log
pidfile = $dir/pid
END
    if [ -n "$as" ]; then chown -R "$user" "$dir"; fi
    chmod 700 "$dir"
    cd "$dir"
    $as "$program" -d -q "$dir/pgbouncer.ini"
    i=0
    while [ ! -S "$dir/.s.PGSQL.5432" ]; do
        i=$((i + 1))
        [ $i -lt 200 ] || { cat "$dir/log" >&2; exit 1; }
        sleep 0.05
    done
}

stop() {
    if [ -f "$dir/pid" ]; then kill -INT "$(cat "$dir/pid")" 2>/dev/null || true; fi
    cd /
    rm -rf "$dir"
}

case $1 in
start) [ $# -eq 3 ] || usage; start "$3" ;;
stop) stop ;;
*) usage ;;
esac
