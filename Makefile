# Every target does its own set-up. A machine needs Node >= 20, Python >= 3.10 and make. It also needs Go >= 1.24 for
# the first `make test`, if the published etcd and kube-apiserver cannot be downloaded.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help setup demo local test lint format test-cluster chaos bench synth train e2e stream promote clean \
  kind kind-delete images sbom scan aws aws-bootstrap aws-synth aws-diff aws-deploy aws-outputs aws-install aws-destroy

# node_modules/.bin holds the project's own Node 24, for machines whose Node is older.
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)
export UV_PYTHON_DOWNLOADS := never
export UV_COMPILE_BYTECODE := 1

NODE_SETUP := node_modules/.package-lock.json
PYTHON_SETUP := jobs/training/.venv/.setup
UV := $(CURDIR)/.tools/bin/uv

help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(NODE_SETUP) $(PYTHON_SETUP) ## install all dependencies (every other target does it by itself)

demo: setup ## the main job on this machine: train, serve, stream, promote, report; ROLLOUT=1: with the operator's gates
	@node scripts/$(if $(ROLLOUT),rollout-)demo.ts

local: setup ## the same stack, left running until Ctrl-C, e.g. make local LOCAL="--schema my.yaml"; ROLLOUT=1 as above
	@node scripts/$(if $(ROLLOUT),rollout-)local.ts $(LOCAL)

test: setup ## lint, types, structure, generated files, unit and integration tests
	@node test/main.ts

test-cluster: $(NODE_SETUP) ## build the images and prove the system on the current kubectl context
	@node test/cluster/main.ts

images: $(NODE_SETUP) ## build the images, e.g. make images REGISTRY=registry.example.com/loan PUSH=true; make images IMAGES=--help
	@node scripts/images/main.ts $(filter --help,$(IMAGES))

sbom: $(NODE_SETUP) $(UV) ## write the packages of each image as CycloneDX, from the lock files, into sbom/
	@node scripts/images/write-sbom.ts $(SBOM)

scan: $(NODE_SETUP) $(UV) ## look for known vulnerabilities in packages and images; fails if one is fixed upstream
	@node scripts/images/scan.ts $(SCAN)

kind: $(NODE_SETUP) ## create the kind cluster of this system, or take the one that exists; make kind KIND=--help
	@node scripts/kind/main.ts create $(KIND)

kind-delete: $(NODE_SETUP) ## delete that kind cluster
	@node scripts/kind/main.ts delete $(KIND)

chaos: $(NODE_SETUP) ## the long chaos run of the consumer group
	@node test/chaos/main.ts $(CHAOS)

bench: setup ## the benchmarks, beside their peers
	@node test/bench/main.ts $(BENCH)

synth: $(NODE_SETUP) ## write k8s/, skaffold.yaml and generated docs; ENVIRONMENT=eks: k8s/eks from the stacks' outputs
	@node charts/main.ts $(if $(ENVIRONMENT),--environment=$(ENVIRONMENT)) $(if $(OUTPUTS),--outputs=$(OUTPUTS))
	@$(if $(ENVIRONMENT),true,node scripts/write-reference.ts)

train: setup ## one training run, e.g. make train TRAIN="--data my.csv" MLFLOW_TRACKING_URI=http://...
	@jobs/training/.venv/bin/loan-training run $(TRAIN)

e2e: $(NODE_SETUP) ## put an application on the stream and wait for its decision, e.g. make e2e E2E="--file my.jsonl"
	@node scripts/kinesis-e2e.ts $(if $(wildcard .local/endpoints.json),--endpoints .local/endpoints.json) $(E2E)

stream: $(NODE_SETUP) ## look at the shards, move and skip, redrive dead letters, e.g. make stream STREAM="list --help"
	@node scripts/stream/main.ts $(or $(STREAM),--help) $(if $(and $(STREAM),$(wildcard .local/endpoints.json)),--endpoints .local/endpoints.json)

promote: $(NODE_SETUP) ## sign which version may serve, approve, reject, see who signed, e.g. make promote PROMOTE="sign --help"
	@node scripts/promote/main.ts $(or $(PROMOTE),--help) $(if $(and $(PROMOTE),$(if $(MLFLOW_TRACKING_URI),,yes),$(wildcard .local/endpoints.json)),--endpoints .local/endpoints.json)

aws: $(NODE_SETUP) ## the AWS account by AWS CDK: lists make aws-synth, aws-deploy, aws-install, aws-destroy and others
	@node scripts/aws/main.ts --help

aws-bootstrap aws-synth aws-diff aws-deploy aws-outputs aws-install aws-destroy: aws-%: $(NODE_SETUP)
	@node scripts/aws/main.ts $* $(AWS)

lint: setup ## lint, types and structure (layers, circles, unused code) alone
	@node test/main.ts lint types structure python-lint

format: setup ## format all code in place
	@biome check --write .
	@cd jobs/training && .venv/bin/ruff format . && .venv/bin/ruff check --fix .

clean: ## remove all that the targets made
	rm -rf node_modules .tools .cache .demo .local .bench jobs/training/.venv

$(NODE_SETUP): package.json package-lock.json .npmrc
	@echo 'installing Node packages (once)'
	@npm ci --loglevel=error
	@touch $@

$(PYTHON_SETUP): jobs/training/pyproject.toml jobs/training/uv.lock $(UV)
	@echo 'installing Python packages (once)'
	@cd jobs/training && $(UV) sync --locked --quiet
	@touch $@

$(UV):
	@python3 -m venv .tools
	@.tools/bin/pip install --quiet --disable-pip-version-check uv==0.13.9
	@touch $@
