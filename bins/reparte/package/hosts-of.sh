#!/bin/sh
# Writes the addresses of a name into a file of servers, again and again, until it is stopped:
#
#     hosts-of.sh NAME PORT SLOTS FILE
#
# The name may be a headless Service of Kubernetes, or any name with an address for each machine.
# `reparte run --servers FILE` reads the file again when it changes. The file is replaced in one
# step, and stays as it is while the name has no address.
set -eu
name=${1:?name the service}
port=${2:?give the port}
slots=${3:?give the calls at a time of each}
file=${4:?name the file}

while :; do
    getent ahosts "$name" | awk -v slots="$slots" -v port="$port" '
        { host = index($1, ":") ? "[" $1 "]" : $1; print slots "/" host ":" port }
    ' | sort -u > "$file.new"
    if [ -s "$file.new" ] && ! cmp -s "$file.new" "$file"; then
        mv "$file.new" "$file"
    fi
    sleep 5
done
