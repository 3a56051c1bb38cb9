# Two commands do everything: `make run` and `make test`. The rest is for those who work on it; `make help` lists it.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help run test demo bench turns storm race prove-policies damage test-agent test-tools fmt check ci clean build \
        build-tests dependencies python-cryptography

PACKAGES := liblua5.4-dev libsqlite3-dev libssl-dev
# Besides, for the tests: what makes certificates, and what lets a disk fail.
TEST_PACKAGES := openssl strace
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)
SWIFT_BUILD := swift build -c release
PROGRAMS := .build/release
# PyPI's package carries the CLI as one file.
AGENT_SDK := claude-agent-sdk==0.2.188
AGENT := .build-agent/claude_agent_sdk/_bundled/claude
# Everything that swift-format looks at.
SWIFT_FILES := Package.swift Sources Tests

help: ## list these
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

run: build ## build, and serve with the shipped policies on 127.0.0.1:7411
	exec $(PROGRAMS)/spawngate serve --policies policies

test: build-tests python-cryptography ## build, and pass all tests
	swift test -c release --skip-build

demo: build ## one allowed and one denied start, against a server of its own
	@scripts/demo.sh $(PROGRAMS)

bench: build ## print the figures
	@$(PROGRAMS)/spawngate-bench

turns: PACKAGES += strace
turns: build ## show that no answer leaves before its turn has waited for the disk, once
	@python3 scripts/turns.py $(PROGRAMS)

storm: build-tests ## kill -9: 200 rounds against the server (SPAWNGATE_STORM=N), 50 against shims; 250 that flee a stop
	SPAWNGATE_STORM=$${SPAWNGATE_STORM:-200} swift test -c release --skip-build --filter Storm

race: build-tests ## 10 s each of links and folders that change hands while their paths are judged
	SPAWNGATE_RACE_MS=$${SPAWNGATE_RACE_MS:-10000} swift test -c release --skip-build --filter PathRaceTests

prove-policies: build-tests ## 10,000 decisions replayed twice, 200 swaps, 200 crashed promotions, all hostile scripts
	SPAWNGATE_REPLAY=10000 swift test -c release --skip-build --filter 'ReplayTests.thousands'
	SPAWNGATE_SWAPS=200 swift test -c release --skip-build --filter ContradictingSets
	SPAWNGATE_STORM=200 swift test -c release --skip-build --filter PromotionCrash
	SPAWNGATE_HOSTILE=1 swift test -c release --skip-build --filter HostileServer

damage: build-tests python-cryptography ## 1000 randomly damaged logs, by both verifiers (SPAWNGATE_DAMAGE=N, SPAWNGATE_DAMAGE_SEED=N)
	SPAWNGATE_DAMAGE=$${SPAWNGATE_DAMAGE:-1000} swift test -c release --skip-build --filter damageIsFound

test-agent: build-tests $(AGENT) ## whole sessions of the real Claude CLI, fetched from PyPI where it is missing
	SPAWNGATE_AGENT=$(abspath $(AGENT)) swift test -c release --skip-build --filter AgentTests

test-tools: build-tests ## the tools that agents use, in a held session, `swift build` among them
	SPAWNGATE_TOOLS=1 swift test -c release --skip-build --filter RealTool

$(AGENT):
	@echo "fetching the Claude CLI ($(AGENT_SDK))"
	@python3 -m pip --version > /dev/null 2>&1 || { $(SUDO) apt-get update -qq && \
	  DEBIAN_FRONTEND=noninteractive $(SUDO) apt-get install -y -qq --no-install-recommends python3-pip; }
	@rm -rf .build-agent && python3 -m pip download -q --no-deps --only-binary :all: --dest .build-agent '$(AGENT_SDK)'
	@python3 -m zipfile -e .build-agent/*.whl .build-agent && rm .build-agent/*.whl
	@chmod +x $@ && touch $@

fmt: ## format in place
	swift format --in-place --parallel --recursive $(SWIFT_FILES)

check: ## format and house rules
	swift format lint --strict --parallel --recursive $(SWIFT_FILES)

ci: check test ## what a change must pass

clean: ## remove what was built
	rm -rf .build

build: dependencies
	@$(SWIFT_BUILD)

build-tests: PACKAGES += $(TEST_PACKAGES)
build-tests: dependencies
	@$(SWIFT_BUILD) --build-tests

# For the second verifier, scripts/verify_log.py; without it the tests that compare the two are skipped, and say so.
python-cryptography:
	@python3 -c 'import cryptography' 2> /dev/null || { echo "installing python3-cryptography"; \
	  $(SUDO) apt-get update -qq && DEBIAN_FRONTEND=noninteractive $(SUDO) apt-get install -y -qq --no-install-recommends \
	  python3-cryptography || echo "python3-cryptography could not be installed: the tests that need it are skipped"; }

# Says what it does, and does nothing where all is there.
dependencies:
	@command -v swift > /dev/null || { echo "Swift 6.2 or later is needed: https://www.swift.org/install/linux" >&2; exit 1; }
	@missing=""; for package in $(PACKAGES); do \
	  dpkg-query -W -f '$${Status}' $$package 2> /dev/null | grep -q 'ok installed' || missing="$$missing $$package"; done; \
	if [ -n "$$missing" ]; then \
	  echo "installing$$missing"; \
	  $(SUDO) apt-get update -qq && DEBIAN_FRONTEND=noninteractive $(SUDO) apt-get install -y -qq --no-install-recommends $$missing; fi
