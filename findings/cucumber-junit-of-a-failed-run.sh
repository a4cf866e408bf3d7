#!/usr/bin/env bash
# Expected: where a test run failed, the JUnit XML that Cucumber's own formatter makes of its messages counts a failure.
# Seen: a failed BeforeAll or AfterAll hook becomes a testcase with a failure inside a testsuite that says failures="0", and
#   leaves it out of tests="..." as well. A run that an exception ended (testRunFinished tells it) becomes an empty testsuite
#   without any failure. In all three, testRunFinished says that the run was no success. An undefined step is counted.
# With: @cucumber/junit-xml-formatter 0.15.0, and as input, unchanged, the messages of @cucumber/compatibility-kit 30.0.0,
#   Cucumber's samples of what its implementations emit, 2026-11-30.
# Source: junit-xml-formatter, JUnitXmlPrinter, makeReport: the counts come from test cases alone; cucumber/common issue 2273
#   "Emit appropriate messages on @BeforeAll and @AfterAll hooks", where junit-xml stood open.
# Why: who reads the counts calls a run green whose broker never came up, who reads the elements calls it red, and who reads a
#   run's exception from JUnit finds none. The verdict of a run is its exit code; a report that counts must count these.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"

npm install --prefix . --silent --no-audit --no-fund --ignore-scripts \
	@cucumber/compatibility-kit@30.0.0 @cucumber/junit-xml-formatter@0.15.0 @cucumber/messages@34.2.1 @cucumber/query@16.2.0

cat >junit.mjs <<'END'
import { readFileSync } from 'node:fs'
import { JUnitXmlPrinter } from '@cucumber/junit-xml-formatter'

const installed = (name) => JSON.parse(readFileSync(`node_modules/@cucumber/${name}/package.json`)).version
console.log('junit-xml-formatter', installed('junit-xml-formatter'), 'compatibility-kit', installed('compatibility-kit'))

const samples = ['minimal', 'undefined', 'global-hooks-beforeall-error', 'global-hooks-afterall-error', 'test-run-exception']
for (const sample of samples) {
  const file = `node_modules/@cucumber/compatibility-kit/features/${sample}/${sample}.ndjson`
  const messages = readFileSync(file, 'utf8').trim().split('\n').map((line) => JSON.parse(line))
  let xml = ''
  const printer = new JUnitXmlPrinter({}, (text) => (xml += text))
  for (const message of messages) printer.update(message)

  const { success } = messages.find((message) => message.testRunFinished).testRunFinished
  const count = (name) => xml.match(new RegExp(`<testsuite [^>]*${name}="(\\d+)"`))[1]
  const elements = (name) => xml.split(`<${name}`).length - 1
  console.log(`${sample}: success ${success}; it says ${count('tests')} tests, ${count('failures')} failures, ${count('errors')} errors;`,
    `it has ${elements('testcase ')} testcase, ${elements('failure')} failure`)
}
END
node junit.mjs | tee seen

diff - seen <<'END' || { echo "this is not what was found" >&2; exit 1; }
junit-xml-formatter 0.15.0 compatibility-kit 30.0.0
minimal: success true; it says 1 tests, 0 failures, 0 errors; it has 1 testcase, 0 failure
undefined: success false; it says 4 tests, 4 failures, 0 errors; it has 4 testcase, 4 failure
global-hooks-beforeall-error: success false; it says 0 tests, 0 failures, 0 errors; it has 1 testcase, 1 failure
global-hooks-afterall-error: success false; it says 1 tests, 0 failures, 0 errors; it has 2 testcase, 1 failure
test-run-exception: success false; it says 0 tests, 0 failures, 0 errors; it has 0 testcase, 0 failure
END
echo "as found"
