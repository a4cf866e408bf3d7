#!/usr/bin/env bash
# Expected: a report of two JUnit files, each of one suite with one test case, shows two test cases; one that failed in either
#   file counts as failed.
# Seen: where class and name are equal, Allure shows one test case, whatever the suites and the files are called: the one of the
#   later suite. The other becomes its retry. So a scenario that failed on one broker and passed afterwards on another
#   reads as passed: 1 of 1, none failed, not flaky. With the times the other way round, it failed.
# With: allure-commandline 2.46.1 (npm), which needs Java, 2026-11-30.
# Source: Allure's documentation, "History and retries"; allure2 issue 1196 "Number Of Test Reported Is Incomplete".
# Why: one suite against several brokers, stages or shards, whose reports meet in one folder, is an acceptance test's daily
#   bread. What differs has to be in the class name (or the name) of each test case, not in the name of the suite alone.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"

npm install --prefix . --silent --no-audit --no-fund --ignore-scripts allure-commandline@2.46.1
echo "allure $(node_modules/.bin/allure --version)" | tee seen

# suite BROKER TIME CLASS CHILDREN writes the report of one suite.
suite() {
	cat >"results/$1.xml" <<END
<?xml version="1.0" encoding="UTF-8"?>
<testsuite name="orders on $1" timestamp="2026-11-30T$2" tests="1">
  <testcase classname="$3" name="an order is announced" time="1">$4</testcase>
</testsuite>
END
}
report() {
	node_modules/.bin/allure generate results --output report --clean >log 2>&1 || { cat log >&2; exit 1; }
	node -e '
		const read = (file) => JSON.parse(require("fs").readFileSync("report/" + file))
		const { total, passed, failed } = read("widgets/summary.json").statistic
		const cases = read("data/suites.json").children.flatMap((suite) => suite.children.map((test) =>
			`${suite.name}: ${test.status}, retries ${test.retriesCount}, flaky ${test.flaky}`))
		console.log(`${process.argv[1]}: total ${total}, passed ${passed}, failed ${failed}; shown: ${cases.sort().join("; ")}`)
	' "$1"
}

mkdir results
failure='<failure message="no event within 5 s"/>'
{
	suite nats 10:00:00 orders "$failure"
	suite mqtt 10:05:00 orders ""
	report "failed on nats, then passed on mqtt"

	suite nats 10:10:00 orders "$failure"
	report "passed on mqtt, then failed on nats"

	suite nats 10:00:00 orders.nats "$failure"
	suite mqtt 10:05:00 orders.mqtt ""
	report "classes that say the broker"
} | tee -a seen

diff - seen <<'END' || { echo "this is not what was found" >&2; exit 1; }
allure 2.46.1
failed on nats, then passed on mqtt: total 1, passed 1, failed 0; shown: orders on mqtt: passed, retries 1, flaky false
passed on mqtt, then failed on nats: total 1, passed 0, failed 1; shown: orders on nats: failed, retries 1, flaky false
classes that say the broker: total 2, passed 1, failed 1; shown: orders on mqtt: passed, retries 0, flaky false; orders on nats: failed, retries 0, flaky false
END
echo "as found"
