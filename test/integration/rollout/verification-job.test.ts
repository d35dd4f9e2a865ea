import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Deployment, Job, Pod, PodTemplate } from '../../../operators/rollout/cluster/objects.ts';
import { verificationJob } from '../../../operators/rollout/cluster/verification-job.ts';
import type { KubernetesObject } from '../../../services/shared/kubernetes/objects.ts';
import { type ApiServerCluster, startApiServerCluster } from '../../support/api-server-cluster.ts';
import { SPEC } from '../../support/rollout-world.ts';

const NAMESPACE = 'lending';
const PODS = `/api/v1/namespaces/${NAMESPACE}/pods`;
const APP_ARMOR = 'container.apparmor.security.beta.kubernetes.io';

let server: ApiServerCluster;
let client: ApiServerCluster['client'];
let cluster: ApiServerCluster['cluster'];

beforeAll(async () => {
  server = await startApiServerCluster(NAMESPACE);
  ({ client, cluster } = server);
  await client.create('/api/v1/namespaces', {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: NAMESPACE, labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } },
  });
});

afterAll(() => server?.stop());

/** A Deployment with everything that a cluster may ask of a pod. It does not meet Pod Security `restricted` itself. */
const TARGET = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'inference' },
  spec: {
    selector: {
      matchExpressions: [
        { key: 'app', operator: 'In', values: ['inference'] },
        { key: 'sidecar.istio.io/inject', operator: 'Exists' },
      ],
    },
    template: {
      metadata: {
        labels: { app: 'inference', 'sidecar.istio.io/inject': 'true', 'istio.io/rev': 'stable' },
        annotations: {
          'proxy.istio.io/config': '{}',
          [`${APP_ARMOR}/inference`]: 'runtime/default',
          [`${APP_ARMOR}/proxy`]: 'runtime/default',
        },
      },
      spec: {
        nodeSelector: { pool: 'ml' },
        tolerations: [{ key: 'ml', operator: 'Exists', effect: 'NoSchedule' }],
        affinity: {
          nodeAffinity: {
            preferredDuringSchedulingIgnoredDuringExecution: [
              { weight: 1, preference: { matchExpressions: [{ key: 'zone', operator: 'Exists' }] } },
            ],
          },
          podAntiAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: [
              { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: { app: 'inference' } } },
            ],
          },
        },
        dnsPolicy: 'None',
        dnsConfig: { nameservers: ['10.0.0.10'] },
        hostAliases: [{ ip: '10.0.0.9', hostnames: ['mlflow.example'] }],
        imagePullSecrets: [{ name: 'pull' }],
        hostPID: true,
        securityContext: { runAsUser: 0, fsGroup: 1000, seccompProfile: { type: 'Unconfined' } },
        resourceClaims: [{ name: 'gpu', resourceClaimName: 'gpu' }],
        initContainers: [{ name: 'proxy', image: 'proxy:1', restartPolicy: 'Always' }],
        containers: [
          { name: 'sidecar', image: 'sidecar:1' },
          {
            name: 'inference',
            image: 'inference:1',
            ports: [{ containerPort: 8080 }],
            resources: { limits: { memory: '512Mi' }, claims: [{ name: 'gpu' }] },
            securityContext: { privileged: true, capabilities: { add: ['NET_ADMIN'] } },
            env: [
              { name: 'PROXY_HOST', value: 'proxy.example' },
              { name: 'HTTPS_PROXY', value: 'http://$(PROXY_HOST):3128' },
              { name: 'NODE_EXTRA_CA_CERTS', value: '/trust/ca.pem' },
              { name: 'PASSWORD', valueFrom: { secretKeyRef: { name: 'database', key: 'password' } } },
              { name: 'TOKEN', valueFrom: { secretKeyRef: { name: 'mlflow', key: 'token' } } },
              { name: 'MLFLOW_TRACKING_TOKEN', value: '$(TOKEN)' },
            ],
            envFrom: [{ secretRef: { name: 'everything' } }],
            volumeMounts: [
              { name: 'trust', mountPath: '/trust' },
              { name: 'keys', mountPath: '/keys' },
              { name: 'node', mountPath: '/etc/ssl/certs' },
            ],
          },
        ],
        volumes: [
          { name: 'trust', configMap: { name: 'trust' } },
          { name: 'keys', secret: { secretName: 'keys' } },
          { name: 'node', hostPath: { path: '/etc/ssl/certs' } },
        ],
      },
    },
  },
};

test('the API server and Pod Security restricted take the pod that is made from any target', async () => {
  const path = `/apis/apps/v1/namespaces/${NAMESPACE}/deployments`;
  const deployment = await client.create<Deployment>(path, TARGET as unknown as Deployment);
  const owner = { metadata: { name: 'm'.repeat(40), namespace: NAMESPACE, uid: 'u1' }, spec: SPEC };
  const job = verificationJob(owner, { version: '7', since: '2026-01-01T00:00:00Z' }, deployment, ['verify']);
  if (job === undefined) throw new Error('the Deployment has no container');
  await cluster.createJob(job);

  const jobPath = `/apis/batch/v1/namespaces/${NAMESPACE}/jobs/${job.metadata.name}`;
  const stored = await client.get<Job & { readonly spec: { readonly template: PodTemplate } }>(jobPath);
  const { metadata, spec } = stored.spec.template;
  const pod = await client.create<Pod>(PODS, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ...metadata, name: 'made-by-the-job' },
    spec,
  } as KubernetesObject as Pod);

  expect(pod.spec).toMatchObject({
    nodeSelector: { pool: 'ml' },
    dnsPolicy: 'None',
    serviceAccountName: 'model-verification',
    securityContext: { runAsNonRoot: true, fsGroup: 1000, seccompProfile: { type: 'RuntimeDefault' } },
  });
  const text = JSON.stringify(pod);
  for (const kept of ['trust', 'proxy.example', '"mlflow"', 'istio.io/rev', 'proxy.istio.io/config']) {
    expect(text).toContain(kept);
  }
  for (const left of [
    'database',
    'everything',
    'keys',
    'hostPath',
    'hostPID',
    'sidecar:1',
    'proxy:1',
    'gpu',
  ]) {
    expect(text).not.toContain(left);
  }
  expect(await cluster.pods('app in (inference),sidecar.istio.io/inject')).toEqual([]);
});
