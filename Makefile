# What is done with this repository, one target each. `make` alone lists them.

FUZZTIME ?= 20s
TRIALS   ?= 3000
REAL     ?= 100
TIME     ?=
SEED     ?= $(shell od -An -N4 -tu4 /dev/urandom | tr -d ' ')
CELL     ?=
BASE     ?=
PART     ?=
TRANSPORT ?=
ONLY     ?=
VULNDB   ?= https://vuln.go.dev

LINT      := .cache/bin/golangci-lint@v2.15.0/golangci-lint
VULNCHECK := .cache/bin/govulncheck@v1.9.0/govulncheck
APIDIFF   := .cache/bin/apidiff@v0.0.0-20261113113407-e3970619a1a4/apidiff

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: demo
demo: ## Run features/ against the reference subsystem, and write reports/
	go run . run

.PHONY: test
# Many of them wait, for a time-out or a broker: four packages at once keep two processors busy.
test: ## Run every test that needs nothing but Go
	go test -p 4 ./...

.PHONY: race
race: ## Run the same tests under the race detector (needs a C compiler)
	go test -race ./...

.PHONY: conformance
conformance: ## Try the transports on real servers, which it starts, compare the stand-ins with some, and reports with their schemas and Cucumber's own tools, or try only TRANSPORT=kafka (needs RabbitMQ, PostgreSQL, Maven, npm, Java 17, chromium, python3-venv and xmllint)
	TRANSPORT="$(TRANSPORT)" .ci/conformance

.PHONY: browser
browser: ## Try the living documentation in a headless Chromium (needs chromium and npm; SHOTS=FOLDER keeps pictures)
	.ci/browser $(if $(SHOTS),-shots $(SHOTS))

.PHONY: pictures
pictures: ## Make the pictures of the living documentation anew that README and docs/ show (needs chromium and npm)
	.ci/browser -shots reports/pictures
	cp reports/pictures/overview.png reports/pictures/timeline.png support/report/site/pictures/

.PHONY: pages
pages: ## Write the tables of README and docs/ anew that are made from the code
	go test ./internal/selftest/pages -run Tables -count=1 -write

.PHONY: aws
aws: ## Check the templates of CloudFormation, and try every AWS transport, and the harness, on a stand-in of AWS; it installs what it needs (needs python3-venv)
	.ci/aws

.PHONY: bench
bench: ## Measure speed beside bare godog and bare clients, or only ONLY="kafka state", and write reports/bench.json (requests to AWS only where python3-venv is, pages only where chromium is, real servers only where they are installed)
	HARKEN_MINISTACK=$$(.ci/ministack) || true; HARKEN_KAFKA=$$(.ci/kafka) || true; export HARKEN_MINISTACK HARKEN_KAFKA; go run ./internal/selftest/bench $(ONLY)

# With CELL="PHRASE / FAULT" it tries that one alone, and leaves the reports as they are.
.PHONY: lab
lab: ## Try to fool the verdicts, TRIALS (3000) times a phrase and fault from SEED (any) on, REAL (100; 0 is a sample) times in real time, of both or only in TIME=Virtual or Real, and write reports/lab.json and lab.md
	$(if $(CELL),,rm -f reports/lab.json reports/lab.md)
	@status=0; seed=$(SEED); echo "the lab, repeated by: make lab TRIALS=$(TRIALS) REAL=$(REAL) SEED=$$seed $(if $(TIME),TIME=$(TIME)) $(if $(CELL),CELL=\"$(CELL)\")"; \
	GOGC=800 go test ./internal/selftest/lab -run "Lab.*$(TIME)" -count=1 -timeout=60m -trials=$(TRIALS) -real-trials=$(REAL) -seed=$$seed $(if $(CELL),-cell="$(CELL)",-reports="$(CURDIR)/reports") || status=$$?; \
	$(if $(CELL),,test ! -f reports/lab.md || cat reports/lab.md;) exit $$status

.PHONY: mutants
mutants: ## Break what the verdicts rest on, in some 340 ways, and see that the tests notice each (BASE=COMMIT: those that what has changed since then may notice; PART=0/4: every fourth)
	go run ./internal/selftest/mutants -base="$(BASE)" -part="$(PART)"

.PHONY: repeat
repeat: ## Run the suite 100 times in a row beside two busy loops, and compare the verdicts
	.ci/repeat

.PHONY: fuzz
fuzz: ## Fuzz every fuzz target, FUZZTIME (20s) each
	FUZZTIME=$(FUZZTIME) .ci/fuzz

.PHONY: licenses
licenses: ## Write THIRD_PARTY_LICENSES: what Harken's programs are built from, and under which licenses
	go run ./internal/selftest/licenses

.PHONY: check
check: $(LINT) $(VULNCHECK) $(APIDIFF) ## Check the code without running it: format, paths, go.mod, licenses, vet, lint, who imports whom, what is exported, known vulnerabilities
	@unformatted=$$(gofmt -l .) && test -z "$$unformatted" || { echo "not as gofmt writes it: $$unformatted"; exit 1; }
	.ci/paths
	go mod tidy -diff
	go run ./internal/selftest/licenses -check
	GOOS=linux go vet -tags=aws,browser,conformance ./...
	GOOS=darwin go vet -tags=aws,browser,conformance ./...
	$(LINT) run
	go test ./internal/selftest/house -count=1 -v
	.ci/api $(APIDIFF)
	.ci/vulnerabilities $(VULNCHECK) $(VULNDB)

# The tools of check, built once a version.
.cache/bin/golangci-lint@%/golangci-lint:
	GOBIN=$(CURDIR)/$(@D) go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$*

.cache/bin/govulncheck@%/govulncheck:
	GOBIN=$(CURDIR)/$(@D) go install golang.org/x/vuln/cmd/govulncheck@$*

.cache/bin/apidiff@%/apidiff:
	GOBIN=$(CURDIR)/$(@D) go install golang.org/x/exp/cmd/apidiff@$*
