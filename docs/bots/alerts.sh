#!/bin/sh
# Prints the alerts of a room, also those that came while it did not run: alerts.sh [ROOM [STATE]]. Needs roomd and jq.
roomd tail "${1:-ops}" --since all --resume "${2:-alerts.state}" --as alerts --json |
  jq --unbuffered -r 'select(.type == "message" and (.body | startswith("ALERT"))) | "\(.from): \(.body)"'
