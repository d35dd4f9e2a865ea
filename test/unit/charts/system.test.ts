import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { eks, kind } from '../../../charts/environments.ts';
import { checkManifests, clusterManifests, systemManifests } from '../../../charts/system.ts';
import { OWN_USER } from '../../../charts/users.ts';
import { repositoryRoot } from '../../../scripts/stack/paths.ts';
import { parseInferenceConfig } from '../../../services/inference/config.ts';
import { ISOLATED_CANARY } from '../../../services/shared/agreements/kubernetes-names.ts';
import { type ManifestObject, objectsOf, podTemplate } from '../../support/manifest-objects.ts';

const ours = /(^|\/)loan-eligibility\//;

const environments = [
  { name: 'kind', objects: objectsOf(systemManifests(kind)) },
  { name: 'eks', objects: objectsOf(systemManifests(eks)) },
];

function pods(objects: readonly ManifestObject[]): { name: string; template: ManifestObject }[] {
  return objects.flatMap((object) => {
    const template = podTemplate(object);
    return template?.spec?.containers ? [{ name: `${object.kind}/${object.metadata.name}`, template }] : [];
  });
}

function mebibytes(quantity: string): number {
  return Number.parseInt(quantity, 10) * (quantity.endsWith('Gi') ? 1024 : 1);
}

function find(objects: readonly ManifestObject[], kindName: string, name: string): ManifestObject {
  const found = objects.find((object) => object.kind === kindName && object.metadata.name === name);
  if (!found) throw new Error(`no ${kindName} ${name}`);
  return found;
}

test('the same charts give the same bytes', () => {
  expect(systemManifests(kind)).toEqual(systemManifests(kind));
  expect(systemManifests(eks)).toEqual(systemManifests(eks));
});

describe.each(environments)('$name', ({ objects }) => {
  test('every object but the namespace names its namespace', () => {
    const without = objects.filter(({ metadata }) => metadata.namespace === undefined);
    expect(without.map(({ kind: of }) => of)).toEqual(['Namespace']);
  });

  test.each(pods(objects))('$name is admitted by Pod Security restricted and bounded', ({ template }) => {
    const { securityContext, containers, initContainers = [], enableServiceLinks } = template.spec;
    expect(securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
    // The files of a database belong to 999, and Grafana's image is made for 472.
    const exceptions = ['postgres', 'search-database', 'grafana'];
    if (!exceptions.includes(template.metadata.labels['app.kubernetes.io/name']))
      expect(securityContext.runAsUser).toBeGreaterThanOrEqual(10_000);
    expect(securityContext.runAsGroup).toBe(securityContext.runAsUser);
    expect(enableServiceLinks).toBe(false);
    for (const container of [...containers, ...initContainers]) {
      expect(container.securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
      expect(container.resources.limits.memory).toBe(container.resources.requests.memory);
      expect(container.resources.limits.cpu).toBeDefined();
      expect(container.resources.requests['ephemeral-storage']).toBe(
        container.resources.limits['ephemeral-storage'],
      );
      expect(container.image).toMatch(
        ours.test(container.image) ? /:[\w.-]+$/ : /:[\w.-]+@sha256:[0-9a-f]{64}$/,
      );
      expect(container.image).not.toMatch(/:latest(@|$)/);
      expect(container.imagePullPolicy).toBe('IfNotPresent');
    }
  });

  test.each(pods(objects))(
    '$name has room on disk for its empty directories and its logs',
    ({ template }) => {
      const { volumes = [], containers, initContainers = [] } = template.spec;
      const onDisk = volumes.filter(({ emptyDir }: ManifestObject) => emptyDir?.medium !== 'Memory');
      const size = (name: string) =>
        onDisk.find((volume: ManifestObject) => volume.name === name)?.emptyDir?.sizeLimit;
      for (const { volumeMounts = [], resources } of [...containers, ...initContainers]) {
        const sizes = volumeMounts.flatMap(({ name }: ManifestObject) => size(name) ?? []);
        const scratch = sizes.map(mebibytes).reduce((sum: number, own: number) => sum + own, 0);
        expect(mebibytes(resources.limits['ephemeral-storage'])).toBe(scratch + 64);
      }
      for (const { emptyDir } of volumes) if (emptyDir) expect(emptyDir.sizeLimit).toMatch(/^\d+[MG]i$/);
    },
  );

  test.each([
    ['inference', parseInferenceConfig({ MLFLOW_TRACKING_URI: 'http://mlflow' }).SHUTDOWN_SECONDS],
    ['rollout', 20],
  ])(
    'a pod of %s accepts until the Services have forgotten it, and stops before it is killed',
    (name, stop) => {
      const { spec } = find(objects, 'Deployment', name).spec.template;
      const [{ env, lifecycle }] = spec.containers;
      const { value } = env.find((it: ManifestObject) => it.name === 'DRAIN_SECONDS');
      // A command before SIGTERM would delay the hand-over of the shards, and count against the same grace.
      expect(lifecycle).toBeUndefined();
      expect(Number(value)).toBeGreaterThanOrEqual(5);
      expect(Number(value)).toBeLessThanOrEqual(stop / 2);
      expect(spec.terminationGracePeriodSeconds ?? 30).toBeGreaterThanOrEqual(stop + 10);
    },
  );

  test('no manifest holds a secret', () => {
    expect(objects.filter(({ kind: of }) => of === 'Secret')).toEqual([]);
    const variables = pods(objects).flatMap(({ template }) =>
      [...template.spec.containers, ...(template.spec.initContainers ?? [])].flatMap(({ env = [] }) => env),
    );
    const literal = variables.filter(
      ({ name, value }) => /(PASSWORD|SECRET|ENCRYPTION_KEY)$/.test(name) && value,
    );
    expect(literal).toEqual([]);
  });

  test('every Service leads to pods with the port', () => {
    for (const { metadata, spec } of objects.filter(({ kind: of }) => of === 'Service')) {
      const chosen = pods(objects).filter(({ template }) =>
        Object.entries(spec.selector).every(([key, value]) => template.metadata.labels[key] === value),
      );
      expect({ service: metadata.name, pods: chosen.length }).toEqual({ service: metadata.name, pods: 1 });
      for (const { targetPort } of spec.ports ?? []) {
        const names = chosen.flatMap(({ template }) =>
          template.spec.containers.flatMap(({ ports = [] }: ManifestObject) =>
            ports.map(({ name }: ManifestObject) => name),
          ),
        );
        expect(names).toContain(targetPort);
      }
    }
  });

  test('exactly the components with a role reach the API server', () => {
    const withToken = pods(objects).filter(({ template }) => template.spec.automountServiceAccountToken);
    const accounts = new Set(withToken.map(({ template }) => template.spec.serviceAccountName));
    const roles = objects.filter(({ kind: of }) => of === 'Role').map(({ metadata }) => metadata.name);
    expect([...accounts].sort()).toEqual([...roles].sort());
    expect(objects.filter(({ kind: of }) => of.startsWith('ClusterRole'))).toEqual([]);
  });

  test('no role may do everything', () => {
    const rules = objects.filter(({ kind: of }) => of === 'Role').flatMap(({ rules: of }) => of);
    for (const { verbs, resources, apiGroups } of rules) {
      expect([...verbs, ...resources, ...apiGroups]).not.toContain('*');
    }
  });

  test('the operator changes the Deployment that it rolls out, the isolated canary and its own Lease, and no other', () => {
    const { rules } = find(objects, 'Role', 'rollout');
    const names = (resource: string, verb: string) => {
      const granting = rules.filter(
        ({ resources, verbs }: ManifestObject) => resources.includes(resource) && verbs.includes(verb),
      );
      expect(granting).toHaveLength(1);
      return granting[0].resourceNames;
    };
    const { target } = find(objects, 'ModelDeployment', 'loan-eligibility').spec;
    expect(names('deployments', 'patch')).toEqual([target.deployment, ISOLATED_CANARY]);
    expect(names('leases', 'update')).toEqual(['rollout-leader']);
    expect(names('leases', 'get')).toEqual(['rollout-leader']);
    // RBAC cannot match the name of an object that is being created.
    expect(names('leases', 'create')).toBeUndefined();
    expect(names('deployments', 'list')).toBeUndefined();
    const [{ env }] = podTemplate(find(objects, 'Deployment', 'rollout')).spec.containers;
    expect(env).toContainEqual({ name: 'LEADER_LEASE', value: 'rollout-leader' });
  });

  test('the operator alone pins the model of inference', () => {
    const { template } = find(objects, 'Deployment', 'inference').spec;
    const names = template.spec.containers[0].env.map(({ name }: ManifestObject) => name);
    expect(names).not.toContain('MODEL_VERSION');
    expect(names).not.toContain('MODEL_DIGEST');
    expect(names).not.toContain('MODEL_ALIAS');
    const { spec } = find(objects, 'ModelDeployment', 'loan-eligibility');
    expect(spec.target).toEqual({ deployment: 'inference', container: template.spec.containers[0].name });
    expect(names).toContain('MODEL_DEPLOYMENT');
  });

  test('Python processes get the region under the name that boto3 reads', () => {
    for (const [of, name] of [
      ['Deployment', 'mlflow'],
      ['CronJob', 'training'],
    ] as const) {
      const [{ env }] = podTemplate(find(objects, of, name)).spec.containers;
      expect(env).toContainEqual({ name: 'AWS_DEFAULT_REGION', value: 'us-east-1' });
    }
  });

  test('one training run at a time, with a deadline and a bounded history', () => {
    expect(find(objects, 'CronJob', 'training').spec).toMatchObject({
      concurrencyPolicy: 'Forbid',
      timeZone: 'Etc/UTC',
      successfulJobsHistoryLimit: 3,
      failedJobsHistoryLimit: 3,
      jobTemplate: { spec: { activeDeadlineSeconds: expect.any(Number), backoffLimit: 6 } },
    });
  });

  test('training is retried after an outage and after a drained node, and not if it would fail again', () => {
    const { spec } = find(objects, 'CronJob', 'training').spec.jobTemplate;
    expect(spec.template.spec.restartPolicy).toBe('Never');
    expect(spec.podFailurePolicy.rules).toEqual([
      { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
      {
        action: 'FailJob',
        onExitCodes: { containerName: spec.template.spec.containers[0].name, operator: 'In', values: [1, 2] },
        onPodConditions: [],
      },
    ]);
    expect(spec.backoffLimit).toBe(6);
  });

  test('exactly the components with two or more pods have a disruption budget', () => {
    const budgets = objects.filter(({ kind: of }) => of === 'PodDisruptionBudget');
    const many = objects.filter(({ kind: of, spec }) => of === 'Deployment' && !(spec.replicas <= 1));
    expect(budgets.map(({ metadata }) => metadata.name)).toEqual(many.map(({ metadata }) => metadata.name));
  });

  test('a node can be drained of pods that are not ready', () => {
    for (const { spec } of objects.filter(({ kind: of }) => of === 'PodDisruptionBudget'))
      expect(spec.unhealthyPodEvictionPolicy).toBe('AlwaysAllow');
  });
});

test('the EKS manifests bring nothing that the account provides, and KEDA owns the replicas', () => {
  const objects = environments[1]?.objects ?? [];
  const names = objects.map(({ metadata }) => metadata.name);
  expect(names).not.toContain('postgres');
  expect(names).not.toContain('kinesis');
  expect(names).not.toContain('mlflow-artifacts');
  expect(find(objects, 'Deployment', 'inference').spec.replicas).toBeUndefined();
  const { spec } = find(objects, 'ScaledObject', 'inference');
  expect(spec.maxReplicaCount).toBeLessThanOrEqual(eks.kinesis.shards);
});

test('on kind the same pod template trains the first model and the scheduled models', () => {
  const objects = environments[0]?.objects ?? [];
  const { jobTemplate } = find(objects, 'CronJob', 'training').spec;
  expect(find(objects, 'Job', 'first-model').spec).toEqual(jobTemplate.spec);
});

test('cluster-scoped objects have no namespace', () => {
  const objects = objectsOf(clusterManifests());
  const kinds = new Set(objects.map(({ kind: of }) => of));
  expect([...kinds]).toEqual([
    'CustomResourceDefinition',
    'FlowSchema',
    'ValidatingAdmissionPolicy',
    'ValidatingAdmissionPolicyBinding',
  ]);
  expect(objects.map(({ metadata }) => metadata.namespace)).toEqual(objects.map(() => undefined));
});

test('every admission policy denies, also if it cannot be evaluated, and has a binding', () => {
  const objects = objectsOf(clusterManifests());
  const policies = objects.filter(({ kind: of }) => of === 'ValidatingAdmissionPolicy');
  const bindings = objects.filter(({ kind: of }) => of === 'ValidatingAdmissionPolicyBinding');
  expect(policies.map(({ spec }) => spec.failurePolicy)).toEqual(policies.map(() => 'Fail'));
  expect(bindings.map(({ spec }) => spec.policyName)).toEqual(policies.map(({ metadata }) => metadata.name));
  expect(bindings.map(({ spec }) => spec.validationActions)).toEqual(policies.map(() => ['Deny']));
});

test('the images of this project run as the user of the manifests', () => {
  const dockerfile = readFileSync(`${repositoryRoot}/Dockerfile`, 'utf8');
  const users = [...dockerfile.matchAll(/^USER (.*)$/gm)].map(([, user]) => user);
  expect(users.length).toBeGreaterThan(0);
  for (const user of users) expect(user).toBe(`${OWN_USER}:${OWN_USER}`);
});

test('the e2e Job is an ordinary client of the streams', () => {
  const [job] = objectsOf(checkManifests(kind));
  expect(podTemplate(job).metadata.labels['app.kubernetes.io/name']).toBe('kinesis-client');
});
