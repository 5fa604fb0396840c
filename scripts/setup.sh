#!/bin/sh
# Installs the dependencies if they are not installed as package-lock.json says. Of several commands that start at the same time one
# installs, and the others wait for it: two runs of npm in one folder delete each other's files.
installed() { [ node_modules/.package-lock.json -nt package-lock.json ]; }

installed && exit
# A link to a process id is made and filled in one step. Where nothing may be written, npm says so.
until [ ! -w . ] || ln -s $$ .installing 2>/dev/null; do
  kill -0 "$(readlink .installing)" 2>/dev/null || rm -f .installing
  sleep 0.2
done
trap 'rm -f .installing' EXIT
trap 'exit 130' INT TERM HUP
installed && exit
echo 'Installing dependencies (first run only)…' >&2
npm ci --loglevel=error --no-audit --no-fund >&2
