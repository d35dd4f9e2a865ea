# Each image is a target: inference, operator, tools, training, mlflow, kinesis. `make images` builds all of them.
#   DOCKER_BUILDKIT=1 docker build --target inference --tag loan-eligibility/inference:0.1.0 .
# `make images` names the base images by their digests (scripts/images/base-images.ts).
ARG NODE_IMAGE=node:24-bookworm-slim
ARG PYTHON_IMAGE=python:3.11-slim-bookworm

# ---- Node: dependencies, bundles
# These stages run on the machine that builds, whatever the platform of the image: JavaScript is the same everywhere,
# and the packages with native code bring the code of every platform.

# Only the packages that the images need, in the versions of the lock file. `--offline` makes npm fail if the lock file
# does not have a package. `npm ci` then compares each package with its checksum.
FROM --platform=$BUILDPLATFORM ${NODE_IMAGE} AS node-modules
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN --mount=type=cache,target=/root/.npm \
    keep=$(node -p "['esbuild', 'kinesalite'].map((name) => 'devDependencies.' + name + '=' + require('./package.json').devDependencies[name]).join(' ')") \
 && npm pkg delete devDependencies optionalDependencies \
 && npm pkg set $keep \
 && npm install --package-lock-only --offline --ignore-scripts --loglevel=error \
 && npm ci --ignore-scripts --loglevel=error

FROM node-modules AS bundles
COPY services services
COPY operators operators
COPY scripts scripts
RUN node scripts/images/write-bundles.ts /bundles

# Keeps the native library of the image's platform only. Node names amd64 x64.
FROM node-modules AS onnxruntime
ARG TARGETARCH
RUN architecture=$(echo "$TARGETARCH" | sed 's/^amd64$/x64/') \
 && mkdir -p /pruned && cp -r node_modules/onnxruntime-common node_modules/onnxruntime-node /pruned \
 && find /pruned/onnxruntime-node/bin -mindepth 3 -maxdepth 3 ! -path "*/linux/$architecture" -exec rm -r {} + \
 && find /pruned/onnxruntime-node/bin -name onnxruntime_binding.node | grep . \
 && find /pruned -name '*.map' -delete

# The files of the page at /docs. Node finds the package from the bundle.
FROM node-modules AS swagger-ui
RUN mkdir -p /pruned/swagger-ui-dist && cd node_modules/swagger-ui-dist \
 && cp package.json LICENSE NOTICE swagger-ui-bundle.js swagger-ui.css favicon-32x32.png /pruned/swagger-ui-dist

# The emulator and its dependencies, in the versions of the lock file.
FROM node-modules AS kinesalite
RUN npm pkg delete dependencies devDependencies.esbuild \
 && npm prune --ignore-scripts --loglevel=error

FROM ${NODE_IMAGE} AS node-runtime
# The numeric user has no entry in /etc/passwd, so its home is given here.
ENV NODE_ENV=production NODE_OPTIONS=--enable-source-maps HOME=/tmp
WORKDIR /app
USER 10001:10001
LABEL org.opencontainers.image.licenses="MIT"

FROM node-runtime AS inference
ENV HTTP_HOST=0.0.0.0
COPY --from=onnxruntime /pruned node_modules
COPY --from=swagger-ui /pruned node_modules
COPY services/shared/contract/serving.schema.json ./
COPY --from=bundles /bundles/inference.mjs* /bundles/verify.mjs* ./
# Node 24 would let the young generation grow to 32 MiB, which costs memory and CPU time.
ENTRYPOINT ["node", "--max-semi-space-size=16", "inference.mjs"]
LABEL org.opencontainers.image.title="Loan eligibility: inference" \
      org.opencontainers.image.description="Scores loan applications from a Kinesis stream and over HTTP"

FROM node-runtime AS operator
ENV HTTP_HOST=0.0.0.0
COPY --from=bundles /bundles/operator ./
# A small young generation saves memory: most allocations are answers of a watch or a poll and die at once.
ENTRYPOINT ["node", "--max-semi-space-size=4", "rollout.mjs"]
LABEL org.opencontainers.image.title="Loan eligibility: rollout operator" \
      org.opencontainers.image.description="Rolls out the model version that a registry alias names, or back"

# Programs that run once at installation, or by hand.
FROM node-runtime AS tools
COPY --from=bundles /bundles/secrets.mjs* /bundles/streams.mjs* /bundles/kinesis-e2e.mjs* ./
CMD ["node", "kinesis-e2e.mjs"]
LABEL org.opencontainers.image.title="Loan eligibility: tools" \
      org.opencontainers.image.description="Creates Secrets and streams at installation, and checks the stream end to end"

FROM node-runtime AS kinesis
COPY --from=kinesalite /build/node_modules node_modules
COPY --from=bundles /bundles/kinesis.mjs* ./
ENTRYPOINT ["node", "kinesis.mjs"]
CMD ["--host=0.0.0.0", "--port=4567"]
LABEL org.opencontainers.image.title="Loan eligibility: Kinesis emulator" \
      org.opencontainers.image.description="Kinesalite, for clusters without AWS"

# ---- Python: dependencies, environments

FROM ${PYTHON_IMAGE} AS uv
RUN --mount=type=cache,target=/root/.cache/pip pip install --quiet --disable-pip-version-check --root-user-action=ignore uv==0.13.9
ENV UV_PYTHON_DOWNLOADS=never UV_LINK_MODE=copy UV_COMPILE_BYTECODE=1 UV_PROJECT_ENVIRONMENT=/opt/venv
WORKDIR /build/jobs/training
COPY jobs/training/pyproject.toml jobs/training/uv.lock ./

FROM uv AS mlflow-environment
RUN --mount=type=cache,target=/root/.cache/uv uv sync --locked --quiet --only-group mlflow-server

FROM uv AS training-dependencies
RUN --mount=type=cache,target=/root/.cache/uv uv sync --locked --quiet --no-default-groups --no-install-project

FROM training-dependencies AS training-package
# The package holds links to the schema files, and to the schema that training and serving both validate against.
COPY services/shared/contract/serving.schema.json /build/services/shared/contract/
COPY jobs/training/README.md ./
COPY jobs/training/schemas schemas
COPY jobs/training/src src
RUN --mount=type=cache,target=/root/.cache/uv uv sync --locked --quiet --no-default-groups --no-editable \
 && mkdir /package && cd /opt/venv \
 && cp -r --parents bin/loan-training lib/python*/site-packages/loan_training lib/python*/site-packages/loan_training-*.dist-info /package

# The numeric user has no entry in /etc/passwd, so its name and home are given here.
FROM ${PYTHON_IMAGE} AS python-runtime
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 HOME=/tmp USER=loan-eligibility
WORKDIR /app
USER 10001:10001
LABEL org.opencontainers.image.licenses="MIT"

FROM python-runtime AS mlflow
COPY --from=mlflow-environment /opt/venv /opt/venv
ENTRYPOINT ["mlflow"]
CMD ["server", "--host=0.0.0.0", "--port=5000"]
LABEL org.opencontainers.image.title="Loan eligibility: MLflow" \
      org.opencontainers.image.description="MLflow server with Postgres and S3 clients"

FROM python-runtime AS training
# Two layers, so that a change of the package does not write the dependencies, which have 1 GB, to a node again.
COPY --from=training-dependencies /opt/venv /opt/venv
COPY --from=training-package /package /opt/venv
ENTRYPOINT ["loan-training"]
CMD ["run"]
LABEL org.opencontainers.image.title="Loan eligibility: training" \
      org.opencontainers.image.description="Trains, compares, gates and registers models"
