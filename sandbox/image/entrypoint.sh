#!/bin/busybox sh
# Set up a fresh server as the official images do, then serve.
#
# MYSQL_ROOT_PASSWORD  of root, from anywhere
# MYSQL_DATABASE       a schema to create
# MYSQL_USER, MYSQL_PASSWORD
#                      an account that may do anything in that schema
#
# `server` and `client` are the programs, with the options that they need here.
set -eu

data=/var/lib/mysql
socket=/tmp/mysqld.sock

text() {
    printf "'%s'" "$(printf '%s' "$1" | sed "s/\\\\/\\\\\\\\/g; s/'/''/g")"
}

name() {
    printf '`%s`' "$(printf '%s' "$1" | sed 's/`/``/g')"
}

setup() {
    password=$(text "${MYSQL_ROOT_PASSWORD:?says the password of root}")
    printf 'ALTER USER root@localhost IDENTIFIED BY %s;\n' "$password"
    printf "CREATE USER root@'%%' IDENTIFIED BY %s;\n" "$password"
    printf "GRANT ALL ON *.* TO root@'%%' WITH GRANT OPTION;\n"
    if [ -n "${MYSQL_DATABASE:-}" ]; then
        printf 'CREATE DATABASE %s;\n' "$(name "$MYSQL_DATABASE")"
    fi
    if [ -n "${MYSQL_USER:-}" ]; then
        account="$(text "$MYSQL_USER")@'%'"
        printf 'CREATE USER %s IDENTIFIED BY %s;\n' \
            "$account" "$(text "${MYSQL_PASSWORD:?says the password of MYSQL_USER}")"
        if [ -n "${MYSQL_DATABASE:-}" ]; then
            printf 'GRANT ALL ON %s.* TO %s;\n' "$(name "$MYSQL_DATABASE")" "$account"
        fi
    fi
    printf 'SHUTDOWN;\n'
}

if ! [ -d "$data/mysql" ]; then
    cp -a /template/. "$data"
    # "ready for connections" is said twice, as by the official images: here first.
    server "--datadir=$data" "--socket=$socket" --skip-networking &
    until client "--socket=$socket" --execute='DO 0' 2>/dev/null; do
        kill -0 $! # or it ended: then so does this
        sleep 0.1
    done
    setup | client "--socket=$socket"
    wait $!
fi

exec server "--datadir=$data" "--socket=$socket" "$@"
