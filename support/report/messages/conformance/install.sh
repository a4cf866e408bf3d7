#!/bin/sh
# Installs Cucumber's own tools into a directory, with what hands messages to them, and prints the variable that tells the
# test where they are.
set -eu
directory=${1:?usage: install.sh DIRECTORY}
mkdir -p "$directory"
directory=$(cd "$directory" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
cp "$here/package.json" "$here/package-lock.json" "$here/format.mjs" "$directory"
npm ci --prefix "$directory" --ignore-scripts --no-audit --no-fund --loglevel=error >&2
echo "export HARKEN_CUCUMBER='$directory'"
