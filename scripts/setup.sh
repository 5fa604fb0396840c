#!/bin/sh
# Installs the dependencies if they are not installed as package-lock.json says. Of several commands that start at the same time one
# installs, and the others wait for it, where there is flock: two runs of npm in one folder delete each other's files.
installed() { [ node_modules/.package-lock.json -nt package-lock.json ]; }

installed && exit
if command -v flock >/dev/null; then
  # npm holds the lock too: it ends with the last of its processes.
  exec 9<package-lock.json
  flock 9
  installed && exit
fi
echo 'Installing dependencies (first run only)…' >&2
exec npm ci --loglevel=error --no-audit --no-fund >&2
