#!/bin/sh
# Answers "ping": ping.sh [ROOM]. Needs curl and jq.
url="${ROOMD_URL:-http://127.0.0.1:7777}/rooms/${1:-ops}"
while :; do
  curl -sN -H 'Accept: application/x-ndjson' "$url/stream?kinds=message" |
    jq --unbuffered -r 'select(.body == "ping").from' |
    while read -r from; do curl -s -o /dev/null -d "$from: pong" "$url/messages?as=ping"; done
  sleep 1
done
