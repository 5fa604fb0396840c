#!/bin/sh
# Starts roomd with pm2, or starts it anew with the present variables.
node scripts/check-options.ts "$@" || exit
pm2 --silent delete ecosystem.config.cjs
pm2 start ecosystem.config.cjs && exec node scripts/daemon-state.ts
