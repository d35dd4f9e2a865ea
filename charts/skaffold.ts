import { HTTP_PORT } from '../services/shared/agreements/http-paths.ts';

/** The targets of the Dockerfile that an environment runs. */
const TARGETS = ['inference', 'operator', 'tools', 'training', 'mlflow'];
const KIND_TARGETS = [...TARGETS, 'kinesis'];

/** Services that skaffold forwards, with their ports here and there. */
const PORTS = { inference: HTTP_PORT, mlflow: 5_000 };
const KIND_PORTS = { ...PORTS, kinesis: 4_567, prometheus: 9_090, grafana: 3_000 };

/** Kinds with a pod template. */
const KINDS = ['Deployment.apps', 'StatefulSet.apps', 'Job.batch', 'CronJob.batch'];

/** What `charts/main.ts` imports, directly or not. A change there must reach the cluster. */
const SOURCES = [
  'charts/**/*.ts',
  'infrastructure/**/*.ts',
  'infrastructure/*.json',
  'services/shared/**/*.ts',
  // `training.schemaFile` names one of these, and `training.cardNotesFile` may lie beside it.
  'jobs/training/schemas/**',
];

/** Prefixes of the image names of each environment, as in the manifests. */
export interface ImagePrefixes {
  readonly kind: string;
  readonly eks: string;
}

/** skaffold.yaml. skaffold takes image names only as they are, so the file is generated with those of the manifests. */
export function skaffoldFile(prefixes: ImagePrefixes): string {
  return `# Generated from charts/skaffold.ts by \`make synth\`. Do not edit.
# There are two modules because the definitions must exist before the objects that they define. Hooks run on the
# host, whose current context may differ from the context that skaffold deploys to.
apiVersion: skaffold/v4beta14
kind: Config
metadata:
  name: definitions
manifests:
  rawYaml:
    - k8s/cluster/*.yaml
deploy:
  # skaffold checks the state of what it deployed for all modules or for none. See the other module.
  statusCheck: false
  kubectl:
    hooks:
      after:
        - host:
            command: [sh, -c, 'kubectl --context "$SKAFFOLD_KUBE_CONTEXT" "$@"', kubectl, wait, --for=condition=Established, --timeout=60s, crd/modeldeployments.serving.loan-eligibility.dev]
---
apiVersion: skaffold/v4beta14
kind: Config
metadata:
  name: loan-eligibility
requires:
  - configs: [definitions]
build:
  hooks:
    before:
      - { command: [scripts/skaffold/check-builder], dir: . }
  tagPolicy:
    inputDigest: {}
  local:
    push: false
    useBuildkit: true
    concurrency: 1
  artifacts:
${artifacts(prefixes.kind, KIND_TARGETS, '    ')}
test:
${tests(prefixes.kind, KIND_TARGETS, '  ', ' --environment=kind')}
# skaffold's label with the id of a run stays out of the pod templates. Otherwise each \`skaffold dev\` and
# \`skaffold run\` would replace every pod, and no Job could be applied twice.
resourceSelector:
  allow:
${KINDS.map((kind) => `    - { groupKind: ${kind}, image: [.*], labels: [.metadata.labels], podSpec: [.*] }`).join('\n')}
manifests:
  rawYaml:
    - k8s/kind/*.yaml
  hooks:
    after:
      - host: { command: [scripts/skaffold/hook, scripts/skaffold/note-manifests.ts], dir: . }
deploy:
  # With two modules skaffold's own check of an iteration looks at what the iteration before deployed, and calls it
  # stable. The hook after the deploy awaits the new pods instead.
  statusCheck: false
  kubectl:
    hooks:
      before:
        - host: { command: [scripts/skaffold/hook, scripts/skaffold/before-deploy.ts], dir: . }
      after:
        - host: { command: [scripts/skaffold/hook, scripts/skaffold/after-deploy.ts], dir: . }
verify:
${check('kinesis-e2e', `${prefixes.kind}/tools`, 'k8s/checks/00-kinesis-e2e.yaml', '  ')}
portForward:
${forwards(KIND_PORTS, '  ')}
profiles:
  - name: eks
    build:
      local:
        push: true
        useBuildkit: true
      artifacts:
${artifacts(prefixes.eks, TARGETS, '        ')}
    test:
${tests(prefixes.eks, TARGETS, '      ', '')}
    manifests:
      rawYaml:
        - k8s/eks/*.yaml
    verify:
${check('http-check', `${prefixes.eks}/tools`, 'k8s/checks-eks/00-http-check.yaml', '      ')}
    portForward:
${forwards(PORTS, '      ')}
`;
}

function artifacts(prefix: string, targets: readonly string[], indent: string): string {
  return targets
    .map(
      (target) =>
        `${indent}- image: ${prefix}/${target}\n${indent}  docker: { dockerfile: Dockerfile, target: ${target} }`,
    )
    .join('\n');
}

/** The last test writes the manifests, because only a test may watch other files than images and manifests. */
function tests(prefix: string, targets: readonly string[], indent: string, synthesis: string): string {
  const structure = targets.map(
    (target) => `${indent}- image: ${prefix}/${target}
${indent}  custom:
${indent}    - command: scripts/skaffold/hook scripts/skaffold/check-image.ts ${target}
${indent}      timeoutSeconds: 120`,
  );
  const writes = `${indent}    - command: scripts/skaffold/hook charts/main.ts${synthesis}
${indent}      timeoutSeconds: 120
${indent}      dependencies: { paths: [${SOURCES.join(', ')}] }`;
  return [...structure, writes].join('\n');
}

function check(name: string, image: string, manifest: string, indent: string): string {
  return `${indent}- name: ${name}
${indent}  container: { name: ${name}, image: ${image} }
${indent}  timeout: 120
${indent}  executionMode: { kubernetesCluster: { jobManifestPath: ${manifest} } }`;
}

function forwards(ports: Readonly<Record<string, number>>, indent: string): string {
  return Object.entries(ports)
    .map(
      ([name, port]) =>
        `${indent}- { resourceType: service, resourceName: ${name}, namespace: loan-eligibility, port: ${port}, localPort: ${port} }`,
    )
    .join('\n');
}
