#!/usr/bin/env bash
# Expected: of two Cucumber runners, either reads the other's tag filter, or refuses it. A filter that leaves out one tag runs all
#   other scenarios.
# Seen: godog knows only the old syntax (~@slow and @a,@b), cucumber-js only tag expressions (not @slow, @a or @b). Each takes
#   the other's for the name of a tag that no scenario has: no scenario runs, and the exit code is 0, even where godog is
#   strict. Of all these, "&&" alone is refused, by cucumber-js; it is godog's for "and".
# With: godog v0.15.1, @cucumber/cucumber 12.2.0 (with Node 20), 2026-11-30.
# Source: godog, internal/tags/tag_filter.go (splits at "&&" and ","), and README, "Tags"; cucumber-js issue 1163 "Can't make 'not'
#   tag work in tags expression"; Cucumber's reference, "Tag expressions".
# Why: a pipeline that hands one TAGS variable to services in two languages is green in one of them without having run a test. A
#   run of no scenario must fail.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"

mkdir features
cat >features/orders.feature <<'END'
Feature: orders
  @slow
  Scenario: slow
    Given an order

  @fast
  Scenario: fast
    Given an order
END

npm install --prefix . --silent --no-audit --no-fund --ignore-scripts @cucumber/cucumber@12.2.0
mkdir features/support
cat >features/support/steps.cjs <<'END'
require('@cucumber/cucumber').Given('an order', () => {})
END
cat >main.go <<'END'
package main

import (
	"os"

	"github.com/cucumber/godog"
)

func main() {
	options := godog.Options{Format: "progress", Paths: []string{"features"}, Tags: os.Args[1], Strict: true, NoColors: true}
	os.Exit(godog.TestSuite{Options: &options, ScenarioInitializer: func(s *godog.ScenarioContext) {
		s.Step("^an order$", func() {})
	}}.Run())
}
END
go mod init finding 2>log
go get github.com/cucumber/godog@v0.15.1 2>log || { cat log >&2; exit 1; }
go build -o with-godog .

# run COMMAND... prints how many scenarios it ran, and its exit code.
run() {
	local code=0
	"$@" >out 2>&1 || code=$?
	printf '%s, exit code %d' "$(grep -oiE '[0-9no]+ scenarios?|could not be parsed' out | head -n 1)" "$code"
}
{ go list -m github.com/cucumber/godog && echo "cucumber-js $(npx cucumber-js --version)"; } | tee seen
for tags in "not @slow" "@slow or @fast" "~@slow" "@slow,@fast" "@slow && @fast"; do
	echo "$tags: godog: $(run ./with-godog "$tags"); cucumber-js: $(run npx cucumber-js --tags "$tags" --format summary)"
done | tee -a seen

diff - seen <<'END' || { echo "this is not what was found" >&2; exit 1; }
github.com/cucumber/godog v0.15.1
cucumber-js 12.2.0
not @slow: godog: No scenarios, exit code 0; cucumber-js: 1 scenario, exit code 0
@slow or @fast: godog: No scenarios, exit code 0; cucumber-js: 2 scenarios, exit code 0
~@slow: godog: 1 scenarios, exit code 0; cucumber-js: 0 scenarios, exit code 0
@slow,@fast: godog: 2 scenarios, exit code 0; cucumber-js: 0 scenarios, exit code 0
@slow && @fast: godog: No scenarios, exit code 0; cucumber-js: could not be parsed, exit code 1
END
echo "as found"
