# Each image is a target: inference, operator, tools, training, mlflow, kinesis.
#   DOCKER_BUILDKIT=1 docker build --target inference --tag loan-eligibility/inference:0.1.0 .
ARG NODE_IMAGE=node:24-bookworm-slim
ARG PYTHON_IMAGE=python:3.11-slim-bookworm

# ---- Node: dependencies, bundles

FROM ${NODE_IMAGE} AS node-modules
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN --mount=type=cache,target=/root/.npm npm ci --ignore-scripts --loglevel=error

FROM node-modules AS bundles
COPY services services
COPY operators operators
COPY scripts scripts
# Some bundled CommonJS packages call `require`, which ES modules do not have. The banner defines it.
RUN node_modules/.bin/esbuild \
      inference=services/inference/main.ts \
      verify=services/inference/verify.ts \
      kinesis-e2e=scripts/kinesis-e2e.ts \
      secrets=scripts/install/secrets.ts \
      streams=scripts/install/streams.ts \
      kinesis=scripts/stack/kinesalite-server.ts \
      --bundle --platform=node --target=node24 --format=esm --out-extension:.js=.mjs --outdir=/bundles \
      --external:onnxruntime-node --sourcemap --sources-content=false --log-level=warning \
      --banner:js="import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);"
# Split, so that the operator reads the AWS SDK only if it has to sign a query. The SDK's text costs 10 MB of memory.
RUN node_modules/.bin/esbuild rollout=operators/rollout/main.ts \
      --bundle --splitting --platform=node --target=node24 --format=esm --out-extension:.js=.mjs --outdir=/bundles/operator \
      --sourcemap --sources-content=false --log-level=warning \
      --banner:js="import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);"

# Keeps the native library of this platform only.
FROM node-modules AS onnxruntime
RUN mkdir -p /pruned && cp -r node_modules/onnxruntime-common node_modules/onnxruntime-node /pruned \
 && find /pruned/onnxruntime-node/bin -mindepth 3 -maxdepth 3 ! -path "*/linux/$(node -p process.arch)" -exec rm -r {} + \
 && find /pruned -name '*.map' -delete

# The files of the page at /docs. Node finds the package from the bundle.
FROM node-modules AS swagger-ui
RUN mkdir -p /pruned/swagger-ui-dist && cd node_modules/swagger-ui-dist \
 && cp package.json LICENSE NOTICE swagger-ui-bundle.js swagger-ui.css favicon-32x32.png /pruned/swagger-ui-dist

# The emulator and its dependencies, in the versions of the lock file.
FROM node-modules AS kinesalite
RUN version=$(node -p "require('./package.json').devDependencies.kinesalite") \
 && npm pkg delete dependencies devDependencies optionalDependencies \
 && npm pkg set dependencies.kinesalite="$version" \
 && npm prune --ignore-scripts --loglevel=error

FROM ${NODE_IMAGE} AS node-runtime
ENV NODE_ENV=production NODE_OPTIONS=--enable-source-maps
WORKDIR /app
USER 1000:1000

FROM node-runtime AS inference
ENV HTTP_HOST=0.0.0.0
COPY --from=onnxruntime /pruned node_modules
COPY --from=swagger-ui /pruned node_modules
COPY services/shared/contract/serving.schema.json ./
COPY --from=bundles /bundles/inference.mjs* /bundles/verify.mjs* ./
ENTRYPOINT ["node", "inference.mjs"]

FROM node-runtime AS operator
ENV HTTP_HOST=0.0.0.0
COPY --from=bundles /bundles/operator ./
# A small young generation saves memory: most allocations are answers of a watch or a poll and die at once.
ENTRYPOINT ["node", "--max-semi-space-size=4", "rollout.mjs"]

# Programs that run once at installation, or by hand.
FROM node-runtime AS tools
COPY --from=bundles /bundles/secrets.mjs* /bundles/streams.mjs* /bundles/kinesis-e2e.mjs* ./
CMD ["node", "kinesis-e2e.mjs"]

FROM node-runtime AS kinesis
COPY --from=kinesalite /build/node_modules node_modules
COPY --from=bundles /bundles/kinesis.mjs* ./
ENTRYPOINT ["node", "kinesis.mjs"]
CMD ["--host=0.0.0.0", "--port=4567"]

# ---- Python: dependencies, environments

FROM ${PYTHON_IMAGE} AS uv
RUN --mount=type=cache,target=/root/.cache/pip pip install --quiet --disable-pip-version-check --root-user-action=ignore uv==0.13.9
ENV UV_PYTHON_DOWNLOADS=never UV_LINK_MODE=copy UV_COMPILE_BYTECODE=1 UV_PROJECT_ENVIRONMENT=/opt/venv
WORKDIR /build/jobs/training
COPY jobs/training/pyproject.toml jobs/training/uv.lock ./

FROM uv AS mlflow-environment
RUN --mount=type=cache,target=/root/.cache/uv uv sync --locked --quiet --only-group mlflow-server

FROM uv AS training-environment
RUN --mount=type=cache,target=/root/.cache/uv uv sync --locked --quiet --no-default-groups --no-install-project
# The package holds links to the schema files, and to the schema that training and serving both validate against.
COPY services/shared/contract/serving.schema.json /build/services/shared/contract/
COPY jobs/training/README.md ./
COPY jobs/training/schemas schemas
COPY jobs/training/src src
RUN --mount=type=cache,target=/root/.cache/uv uv sync --locked --quiet --no-default-groups --no-editable

# The numeric user has no entry in /etc/passwd, so its name and home are given here.
FROM ${PYTHON_IMAGE} AS python-runtime
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 HOME=/tmp USER=loan-eligibility
WORKDIR /app
USER 1000:1000

FROM python-runtime AS mlflow
COPY --from=mlflow-environment /opt/venv /opt/venv
ENTRYPOINT ["mlflow"]
CMD ["server", "--host=0.0.0.0", "--port=5000"]

FROM python-runtime AS training
COPY --from=training-environment /opt/venv /opt/venv
ENTRYPOINT ["loan-training"]
CMD ["run"]
