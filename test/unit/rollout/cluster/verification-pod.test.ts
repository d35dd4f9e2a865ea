import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Container, Deployment, PodTemplate } from '../../../../operators/rollout/cluster/objects.ts';
import { verificationPod } from '../../../../operators/rollout/cluster/verification-pod.ts';

function podOf(
  template: Partial<PodTemplate>,
  serving: Partial<Container> = {},
  selector: Deployment['spec']['selector'] = { matchLabels: { app: 'inference' } },
): PodTemplate {
  const container = { name: 'inference', image: 'inference:1', ...serving };
  const whole = { metadata: {}, ...template, spec: { ...template.spec, containers: [container] } };
  const deployment: Deployment = { metadata: { name: 'inference' }, spec: { selector, template: whole } };
  return verificationPod('loan', deployment, container, { command: ['verify'], env: [] });
}

describe('the pod of a verification', () => {
  test('runs where the target runs, and resolves names as the target does', () => {
    const nodeAffinity = { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [] } };
    const taken = {
      nodeSelector: { pool: 'ml' },
      tolerations: [{ key: 'ml', operator: 'Exists' }],
      schedulerName: 'batch',
      priorityClassName: 'high',
      runtimeClassName: 'gvisor',
      imagePullSecrets: [{ name: 'pull' }],
      dnsPolicy: 'None',
      dnsConfig: { nameservers: ['10.0.0.10'] },
      hostAliases: [{ ip: '10.0.0.9', hostnames: ['mlflow'] }],
    };
    const { spec } = podOf({
      spec: {
        ...taken,
        containers: [],
        affinity: { nodeAffinity, ...{ podAntiAffinity: {} } },
        hostNetwork: true,
        hostPID: true,
        shareProcessNamespace: true,
        serviceAccountName: 'inference',
        automountServiceAccountToken: true,
        topologySpreadConstraints: [{}],
        initContainers: [{ name: 'proxy', image: 'proxy:1', restartPolicy: 'Always' }],
        terminationGracePeriodSeconds: 600,
      },
    });
    expect(spec).toMatchObject({ ...taken, affinity: { nodeAffinity } });
    expect(spec).toMatchObject({
      serviceAccountName: 'model-verification',
      automountServiceAccountToken: false,
    });
    expect(Object.keys(spec.affinity ?? {})).toEqual(['nodeAffinity']);
    for (const field of [
      'hostNetwork',
      'hostPID',
      'shareProcessNamespace',
      'topologySpreadConstraints',
      'initContainers',
      'terminationGracePeriodSeconds',
    ]) {
      expect(spec).not.toHaveProperty(field);
    }
  });

  test('has the annotations of the target, but of AppArmor only that of the serving container, and no order for Secrets', () => {
    const prefix = 'container.apparmor.security.beta.kubernetes.io';
    const { metadata } = podOf({
      metadata: {
        annotations: {
          'sidecar.istio.io/inject': 'false',
          'linkerd.io/inject': 'disabled',
          [`${prefix}/inference`]: 'runtime/default',
          [`${prefix}/proxy`]: 'runtime/default',
          'vault.hashicorp.com/agent-inject': 'true',
          'vault.security.banzaicloud.io/vault-addr': 'https://vault:8200',
        },
      },
    });
    expect(metadata?.annotations).toEqual({
      'sidecar.istio.io/inject': 'false',
      'linkerd.io/inject': 'disabled',
      [`${prefix}/verify`]: 'runtime/default',
    });
  });

  test('has the labels for a service mesh, and no label of the target’s selector or Service', () => {
    const labels = {
      app: 'inference',
      'app.kubernetes.io/name': 'inference',
      'app.kubernetes.io/part-of': 'loan-eligibility',
      'sidecar.istio.io/inject': 'false',
      'istio.io/rev': 'stable',
      tier: 'web',
    };
    const selector = {
      matchLabels: { app: 'inference' },
      matchExpressions: [{ key: 'istio.io/rev', operator: 'Exists' as const }],
    };
    expect(podOf({ metadata: { labels } }, {}, selector).metadata?.labels).toEqual({
      'sidecar.istio.io/inject': 'false',
      'app.kubernetes.io/name': 'model-verification',
      'app.kubernetes.io/managed-by': 'loan-eligibility-rollout',
      'serving.loan-eligibility.dev/model-deployment': 'loan',
    });
  });

  test('claims no device by a name that only the target has', () => {
    const resources = { limits: { memory: '1Gi' }, requests: { cpu: '1' }, claims: [{ name: 'gpu' }] };
    expect(podOf({}, { resources }).spec.containers[0]?.resources).toEqual({
      limits: { memory: '1Gi' },
      requests: { cpu: '1' },
    });
  });

  test('keeps the user, the groups and the profiles of the target', () => {
    const securityContext = {
      runAsUser: 1000,
      runAsGroup: 1000,
      fsGroup: 1000,
      supplementalGroups: [7],
      seccompProfile: { type: 'Localhost', localhostProfile: 'own.json' },
    };
    const { spec } = podOf(
      { spec: { containers: [], securityContext } },
      { securityContext: { runAsUser: 2000 } },
    );
    expect(spec.securityContext).toEqual({ ...securityContext, runAsNonRoot: true });
    expect(spec.containers[0]?.securityContext).toMatchObject({ runAsUser: 2000 });
  });

  test('is never weaker than Pod Security restricted, whatever the target allows', () => {
    const context = fc.record(
      {
        runAsNonRoot: fc.boolean(),
        runAsUser: fc.constantFrom(0, 1000),
        privileged: fc.boolean(),
        allowPrivilegeEscalation: fc.boolean(),
        readOnlyRootFilesystem: fc.boolean(),
        capabilities: fc.constantFrom({ add: ['SYS_ADMIN'] }, { drop: ['KILL'] }),
        procMount: fc.constantFrom('Unmasked', 'Default'),
        sysctls: fc.constant([{ name: 'kernel.shm_rmid_forced', value: '0' }]),
        seccompProfile: fc.constantFrom({ type: 'Unconfined' }, { type: 'RuntimeDefault' }),
        appArmorProfile: fc.constantFrom({ type: 'Unconfined' }, { type: 'RuntimeDefault' }),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(context, context, (pod, container) => {
        const { spec } = podOf(
          { spec: { containers: [], securityContext: pod } },
          { securityContext: container },
        );
        expect(spec.securityContext).toMatchObject({
          runAsNonRoot: true,
          seccompProfile: { type: 'RuntimeDefault' },
        });
        const own = spec.containers[0]?.securityContext ?? {};
        expect(own).toMatchObject({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        });
        for (const fields of [spec.securityContext ?? {}, own]) {
          for (const name of ['privileged', 'procMount', 'sysctls']) expect(fields).not.toHaveProperty(name);
          expect(JSON.stringify(fields)).not.toMatch(
            /Unconfined|"runAsUser":0|SYS_ADMIN|"runAsNonRoot":false/,
          );
        }
      }),
    );
  });

  test('has its own writable /tmp', () => {
    const volumeMounts = [{ name: 'ca', mountPath: '/tmp' }];
    const env = [{ name: 'SSL_CERT_FILE', value: '/tmp/ca.pem' }];
    const volumes = [{ name: 'ca', configMap: {} }];
    const { spec } = podOf({ spec: { containers: [], volumes } }, { env, volumeMounts });
    expect(spec.containers[0]?.volumeMounts).toEqual([{ name: 'verification-tmp', mountPath: '/tmp' }]);
    expect(spec.volumes?.[0]).toEqual({ name: 'verification-tmp', emptyDir: { sizeLimit: '2Gi' } });
  });

  test('may use as much disk as the target, and no more', () => {
    const limits = { memory: '1Gi', 'ephemeral-storage': '320Mi' };
    const { spec } = podOf({}, { resources: { limits } });
    expect(spec.containers[0]?.resources).toEqual({ limits });
    expect(spec.volumes).toEqual([{ name: 'verification-tmp', emptyDir: { sizeLimit: '320Mi' } }]);
  });
});
