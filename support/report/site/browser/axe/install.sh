#!/bin/sh
# Installs axe-core, which finds what shuts readers out of a page, into a directory, and prints the variable that tells the
# test where it is. It is used for testing only and is no part of what is shipped.
set -eu
directory=${1:?usage: install.sh DIRECTORY}
mkdir -p "$directory"
directory=$(cd "$directory" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
cp "$here/package.json" "$here/package-lock.json" "$directory"
npm ci --prefix "$directory" --ignore-scripts --no-audit --no-fund --loglevel=error >&2
echo "export HARKEN_AXE='$directory/node_modules/axe-core/axe.min.js'"
