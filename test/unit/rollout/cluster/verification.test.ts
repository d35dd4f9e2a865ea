import { describe, expect, test } from '@jest/globals';
import type { Deployment, Job, Pod, PodTemplate } from '../../../../operators/rollout/cluster/objects.ts';
import {
  verificationJob,
  verificationJobName,
} from '../../../../operators/rollout/cluster/verification-job.ts';
import { readVerification } from '../../../../operators/rollout/cluster/verification-result.ts';
import type { ModelDeployment } from '../../../../services/shared/model-deployment/model-deployment.ts';
import { SPEC } from '../../../support/rollout-world.ts';

const owner: ModelDeployment = {
  metadata: { name: 'loan', namespace: 'lending', uid: 'u1' },
  spec: SPEC,
  status: { stable: { version: '6', runId: 'r', digest: 'sha256:6', since: '2026-01-01T00:00:00Z' } },
};
const candidate = { version: '7', since: '2026-01-01T00:00:00.000Z' };
const deployment: Deployment = {
  metadata: { name: 'inference' },
  spec: {
    selector: {},
    template: {
      spec: {
        imagePullSecrets: [{ name: 'pull' }],
        containers: [
          { name: 'sidecar', image: 'sidecar:1' },
          {
            name: 'inference',
            image: 'inference:1',
            imagePullPolicy: 'IfNotPresent',
            resources: { limits: { memory: '512Mi' } },
            env: [{ name: 'SECRET', value: 'x' }],
          },
        ],
      },
    },
  },
};

describe('the verification Job', () => {
  test('runs the serving image, restricted, without a token, and with only the variables that it needs', () => {
    expect(verificationJob(owner, candidate, deployment, ['node', 'verify.js'])).toMatchSnapshot();
  });

  test('asks the server that named the version, not a server to which the spec has changed', () => {
    const jobOf = (registry?: string) =>
      JSON.stringify(verificationJob(owner, { ...candidate, registry }, deployment, ['verify']));
    const variable = (value: string) => JSON.stringify({ name: 'CANDIDATE_TRACKING_URI', value });
    expect(jobOf('http://former:5000')).toContain(variable('http://former:5000'));
    expect(jobOf()).toContain(variable(SPEC.registry.url));
  });

  test('tells the server of the pods apart, however the target names it', () => {
    const own = {
      name: 'MLFLOW_TRACKING_URI',
      valueFrom: { secretKeyRef: { name: 'mlflow', key: 'url' } },
    };
    const serving = { name: 'inference', image: 'inference:1', env: [own] };
    const spec = { ...deployment.spec, template: { spec: { containers: [serving] } } };
    const moved = { ...candidate, registry: 'http://other:5000' };
    const made = verificationJob(owner, moved, { ...deployment, spec }, ['verify']);
    const [container] = (made?.spec as { template: PodTemplate } | undefined)?.template.spec.containers ?? [];
    const { env } = container ?? {};
    expect(env?.filter(({ name }) => /^(CANDIDATE|MLFLOW)_TRACKING_URI$/.test(name))).toEqual([
      { name: 'CANDIDATE_TRACKING_URI', value: 'http://other:5000' },
      own,
    ]);
  });

  test('demands a signature if the spec does, with the public keys that the target mounts', () => {
    const keys = { name: 'MODEL_SIGNING_KEYS_DIRECTORY', value: '/etc/keys' };
    const serving = {
      name: 'inference',
      image: 'inference:1',
      env: [keys, { name: 'REQUIRE_MODEL_SIGNATURE', value: 'true' }],
      volumeMounts: [{ name: 'keys', mountPath: '/etc/keys' }],
    };
    const volumes = [{ name: 'keys', configMap: { name: 'model-signing-keys', optional: true } }];
    const spec = { ...deployment.spec, template: { spec: { containers: [serving], volumes } } };
    const podOf = (requireModelSignature: boolean) => {
      const verification = { ...SPEC.verification, requireModelSignature };
      const demanding = { ...owner, spec: { ...owner.spec, verification } };
      const job = verificationJob(demanding, candidate, { ...deployment, spec }, ['verify']);
      if (job === undefined) throw new Error('no Job');
      return (job.spec as { template: PodTemplate }).template.spec;
    };
    const demanding = podOf(true);
    expect(demanding.containers[0]?.env).toContainEqual({ name: 'REQUIRE_MODEL_SIGNATURE', value: 'true' });
    expect(demanding.containers[0]?.env).toContainEqual(keys);
    expect(demanding.containers[0]?.volumeMounts).toContainEqual({
      name: 'keys',
      mountPath: '/etc/keys',
      readOnly: true,
    });
    expect(demanding.volumes).toContainEqual(volumes[0]);
    // The spec alone decides what the Job demands, and the container's variable what its pods demand.
    expect(JSON.stringify(podOf(false))).not.toContain('REQUIRE_MODEL_SIGNATURE');
  });

  test('has one name for each attempt', () => {
    const name = verificationJobName(owner, candidate);
    expect(verificationJobName(owner, { ...candidate, mode: 'shadow' })).toBe(name);
    expect(verificationJobName(owner, { ...candidate, since: '2026-01-02T00:00:00.000Z' })).not.toBe(name);
    expect(verificationJobName(owner, { ...candidate, version: '8' })).not.toBe(name);
    expect(verificationJobName({ ...owner, metadata: { ...owner.metadata, uid: 'u2' } }, candidate)).not.toBe(
      name,
    );
  });

  test('has a name that fits into a label, for the longest name of a ModelDeployment', () => {
    const long = { ...owner, metadata: { ...owner.metadata, name: 'm'.repeat(40) } };
    expect(verificationJobName(long, candidate).length).toBeLessThanOrEqual(63);
  });

  test('does not exist if the Deployment lacks the container', () => {
    const spec = { ...SPEC, target: { deployment: 'inference', container: 'other' } };
    expect(verificationJob({ ...owner, spec }, candidate, deployment, ['verify'])).toBeUndefined();
  });
});

function job(type?: string, reason?: string): Job {
  const condition = {
    type: type ?? '',
    status: 'True',
    ...(reason ? { reason, message: `because of ${reason}` } : {}),
  };
  return { metadata: { name: 'j' }, status: { conditions: type ? [condition] : [] } };
}

function pod(
  exitCode: number,
  message?: object | string,
  finishedAt = '2026-01-01T00:00:00Z',
  phase = exitCode === 0 ? 'Succeeded' : 'Failed',
): Pod {
  const text = typeof message === 'object' ? JSON.stringify(message) : message;
  const terminated = {
    exitCode,
    reason: 'Error',
    finishedAt,
    ...(text === undefined ? {} : { message: text }),
  };
  return {
    metadata: { name: 'p' },
    status: { phase, containerStatuses: [{ name: 'verify', state: { terminated } }] },
  };
}

/** A pod whose `verify` has ended, and whose sidecar runs on. */
function withSidecar(exitCode: number, message?: object, more: Partial<Pod['status'] & object> = {}): Pod {
  const { metadata, status } = pod(exitCode, message, undefined, 'Running');
  const containerStatuses = [...(status?.containerStatuses ?? []), { name: 'istio-proxy', state: {} }];
  return { metadata, status: { ...status, containerStatuses, ...more } };
}

const passed = { passed: true, reason: 'Passed', message: '', digest: 'sha256:7', runId: 'run-7' };
const refused = { passed: false, reason: 'DigestMismatch', message: 'digest is …', digest: '', runId: '' };
const away = { passed: false, reason: 'RegistryUnreachable', message: 'MLflow is away' };

describe('the result of a verification', () => {
  test.each<[string, Job, Pod[], object]>([
    ['is running before a pod has ended', job(), [], { kind: 'running' }],
    ['is running while another attempt may follow', job(), [pod(2, away)], { kind: 'running' }],
    ['passes as soon as a pod says so', job(), [pod(0, passed)], { kind: 'passed', digest: 'sha256:7' }],
    ['passes while a sidecar runs on', job(), [withSidecar(0, passed)], { kind: 'passed', runId: 'run-7' }],
    [
      'passes although a sidecar ran on until the deadline of the Job',
      job('Failed', 'DeadlineExceeded'),
      [withSidecar(0, passed)],
      { kind: 'passed', digest: 'sha256:7' },
    ],
    [
      'passes although the sidecar failed and another attempt began',
      job(),
      [pod(0, passed, undefined, 'Failed'), withSidecar(2, away)],
      { kind: 'passed' },
    ],
    ['is a refusal while a sidecar runs on', job(), [withSidecar(1, refused)], { reason: 'DigestMismatch' }],
    ['is a crash while a sidecar runs on', job(), [withSidecar(139)], { reason: 'VerificationCrashed' }],
    [
      'is worth another Job while a sidecar runs on, if MLflow was unreachable',
      job(),
      [withSidecar(2, away)],
      { kind: 'infrastructure', message: 'MLflow is away' },
    ],
    [
      'is worth another Job if a verification without a result leaves its sidecar running',
      job(),
      [withSidecar(0)],
      { kind: 'infrastructure' },
    ],
    [
      'is running while Kubernetes removes the pod, because another attempt follows',
      job(),
      [withSidecar(137, undefined, { conditions: [{ type: 'DisruptionTarget', status: 'True' }] })],
      { kind: 'running' },
    ],
    [
      'is no pass without a digest',
      job('Complete'),
      [pod(0, { ...passed, digest: '' })],
      { kind: 'infrastructure' },
    ],
    ['is running after a failed attempt', job('SuccessCriteriaMet'), [pod(2, away)], { kind: 'running' }],
    ['passes', job('Complete'), [pod(0, passed)], { kind: 'passed', runId: 'run-7', digest: 'sha256:7' }],
    [
      'passes on a later attempt',
      job('Complete'),
      [pod(0, passed, '2026-01-01T00:01:00Z'), pod(2, away)],
      { kind: 'passed' },
    ],
    ['is worth another Job if the result is lost', job('Complete'), [], { kind: 'infrastructure' }],
    [
      'is worth another Job if only MLflow was unreachable',
      job('Failed', 'DeadlineExceeded'),
      [pod(2, away)],
      { kind: 'infrastructure', message: 'MLflow is away' },
    ],
    [
      'is a refusal if a check failed',
      job('Failed', 'PodFailurePolicy'),
      [pod(1, refused)],
      { kind: 'refused', reason: 'DigestMismatch', message: 'digest is …' },
    ],
    [
      'is a refusal if the model crashed the process',
      job('Failed', 'PodFailurePolicy'),
      [pod(139)],
      { kind: 'refused', reason: 'VerificationCrashed' },
    ],
    [
      'is a refusal if the process crashed after it wrote other text',
      job('Failed', 'PodFailurePolicy'),
      [pod(137, 'not json')],
      { kind: 'refused', reason: 'VerificationCrashed' },
    ],
    [
      'is a refusal if there was no verdict before the deadline',
      job('Failed', 'DeadlineExceeded'),
      [],
      { kind: 'refused', reason: 'VerificationDeadlineExceeded', message: 'because of DeadlineExceeded' },
    ],
  ])('%s', (_what, job, pods, expected) => {
    expect(readVerification(job, pods)).toMatchObject(expected);
  });
});
