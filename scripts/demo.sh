#!/usr/bin/env bash
# One allowed and one denied start against a server of its own, which ends with it. $1: where the programs are.
set -euo pipefail

spawngate="$(realpath "$1")/spawngate"
folder=$(mktemp -d)
mkdir "$folder/work"
"$spawngate" serve --listen 127.0.0.1:0 --state "$folder/state" --policies policies \
    > "$folder/listens" 2> "$folder/log" &
server=$!
trap 'kill $server 2> /dev/null; wait $server 2> /dev/null; rm -rf "$folder"' EXIT

until grep -q listens "$folder/listens"; do
    kill -0 $server 2> /dev/null || { cat "$folder/log" >&2; exit 1; }
    read -rt 0.05 <> <(:) || :
done
export SPAWNGATE_SERVER="127.0.0.1:$(sed 's/.*://' "$folder/listens")" SPAWNGATE_STATE="$folder/state"

show() {
    printf '\n\033[1m$ spawngate'; printf ' %q' "$@"; printf '\033[0m\n'
    "$spawngate" "$@" 2>&1 || printf '(exit status %s)\n' $?
}

echo "A server with the shipped policies listens on $SPAWNGATE_SERVER."
show start --name hello --cwd "$folder/work" --wait -- /bin/sh -c 'echo "hello from $SPAWNGATE_SESSION_ID"; exit 3'
session=$("$spawngate" list --json | sed -E 's/.*"id":"([^"]*)".*/\1/')
show logs "$session"
show start --name too-much --cwd "$folder/work" --permission-mode bypassPermissions --write-root /etc -- /bin/true
show list
show decision list
