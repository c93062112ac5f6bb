#!/bin/sh
# pg-temp.sh start|stop|restart DIR: a private PostgreSQL server for tests, in the new folder DIR, reached by a socket there only.
# start prints its URL on stdout; 77 and one line on stderr where no server is installed. stop ends it and removes DIR. restart: as after a crash.
set -eu

skip() { echo "pg-temp: skipped: $1" >&2; exit 77; }
usage() { echo "usage: pg-temp.sh start|stop|restart DIR" >&2; exit 2; }

[ $# -eq 2 ] || usage
dir=$2
bin=
for b in /usr/lib/postgresql/*/bin /usr/local/pgsql/bin; do
    if [ -x "$b/initdb" ] && [ -x "$b/pg_ctl" ]; then bin=$b; fi
done
[ -n "$bin" ] || skip "no initdb and pg_ctl under /usr/lib/postgresql (Debian package postgresql)"

. "$(dirname "$0")/unprivileged.sh"

start() {
    mkdir -p "$dir"
    dir=$(cd "$dir" && pwd)
    [ ! -e "$dir/data" ] || { echo "pg-temp: $dir/data is there already" >&2; exit 1; }
    # A socket's path has at most 107 bytes.
    [ ${#dir} -le 80 ] || { echo "pg-temp: the path $dir is too long for a socket" >&2; exit 1; }
    if [ -n "$as" ]; then chown "$user" "$dir"; fi
    chmod 700 "$dir"
    cd "$dir"
    $as "$bin/initdb" --no-sync --auth=trust --username=chancery --encoding=UTF8 --locale=C -D "$dir/data" >"$dir.log" 2>&1 \
        || { cat "$dir.log" >&2; exit 1; }
    # Durability is not what such a server is for, unless it is measured.
    unsafe='-c fsync=off -c full_page_writes=off'
    [ -z "${PG_TEMP_DURABLE:-}" ] || unsafe=
    $as "$bin/pg_ctl" -D "$dir/data" -l "$dir/data/log" -w -t 60 start \
        -o "-k $dir -c listen_addresses= $unsafe -c max_connections=60 -c shared_buffers=16MB" >>"$dir.log" 2>&1 \
        || { cat "$dir.log" >&2; exit 1; }
    rm -f "$dir.log"
    echo "postgresql://chancery@/postgres?host=$dir"
}

stop() {
    [ -d "$dir/data" ] || exit 0
    dir=$(cd "$dir" && pwd)
    cd "$dir"
    $as "$bin/pg_ctl" -D "$dir/data" -m immediate -w stop >/dev/null 2>&1 || true
    cd /
    rm -rf "$dir"
}

restart() {
    cd "$dir"
    $as "$bin/pg_ctl" -D "$dir/data" -m immediate -w -t 60 restart -l "$dir/data/log" >/dev/null 2>&1 || { tail -20 "$dir/data/log" >&2; exit 1; }
}

case $1 in
start) start ;;
restart) restart ;;
stop) stop ;;
*) usage ;;
esac
