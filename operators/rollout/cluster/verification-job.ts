import { createHash } from 'node:crypto';
import {
  GROUP,
  KIND,
  type ModelDeployment,
  VERSION,
} from '../../../services/shared/model-deployment/model-deployment.ts';
import type { CandidateVersion } from '../../../services/shared/model-deployment/status.ts';
import type { Deployment, Job } from './objects.ts';
import { targetContainer } from './target.ts';

export const MANAGER = 'loan-eligibility-rollout';
export const OWNER_LABEL = `${GROUP}/model-deployment`;
export const VERIFY_CONTAINER = 'verify';
/** Exit code of a verification that came to no verdict. */
export const INFRASTRUCTURE_EXIT_CODE = 2;

/** One name for each attempt at a candidate: a restart of the operator finds its Job again. */
export function verificationJobName(owner: ModelDeployment, { version, since }: CandidateVersion): string {
  const attempt = createHash('sha256')
    .update(`${owner.metadata.uid} ${version} ${since}`)
    .digest('hex')
    .slice(0, 10);
  return `${owner.metadata.name}-verify-${attempt}`;
}

/** The Job that proves a version in the image, and with the resources, that will serve it. */
export function verificationJob(
  owner: ModelDeployment,
  candidate: CandidateVersion,
  deployment: Deployment,
  command: readonly string[],
): Job | undefined {
  const serving = targetContainer(deployment, owner.spec.target.container);
  if (serving === undefined) return undefined;
  const { name, namespace = '', uid = '' } = owner.metadata;
  const labels = {
    'app.kubernetes.io/name': 'model-verification',
    'app.kubernetes.io/managed-by': MANAGER,
    [OWNER_LABEL]: name,
  };
  const { verification } = owner.spec;
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: verificationJobName(owner, candidate),
      namespace,
      labels,
      annotations: { [`${GROUP}/version`]: candidate.version },
      ownerReferences: [{ apiVersion: `${GROUP}/${VERSION}`, kind: KIND, name, uid, controller: true }],
    },
    spec: {
      activeDeadlineSeconds: verification.deadlineSeconds,
      backoffLimit: 6,
      ttlSecondsAfterFinished: 3600,
      podFailurePolicy: {
        rules: [
          { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
          {
            action: 'FailJob',
            onExitCodes: {
              containerName: VERIFY_CONTAINER,
              operator: 'NotIn',
              values: [INFRASTRUCTURE_EXIT_CODE],
            },
          },
        ],
      },
      template: {
        metadata: { labels },
        spec: {
          restartPolicy: 'Never',
          automountServiceAccountToken: false,
          imagePullSecrets: deployment.spec.template.spec.imagePullSecrets,
          securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
          containers: [
            {
              name: VERIFY_CONTAINER,
              image: serving.image,
              imagePullPolicy: serving.imagePullPolicy,
              command,
              env: environment(owner, candidate),
              resources: serving.resources,
              securityContext: {
                allowPrivilegeEscalation: false,
                readOnlyRootFilesystem: true,
                capabilities: { drop: ['ALL'] },
              },
              volumeMounts: [{ name: 'tmp', mountPath: '/tmp' }],
            },
          ],
          volumes: [{ name: 'tmp', emptyDir: {} }],
        },
      },
    },
  };
}

function environment({ spec, status }: ModelDeployment, candidate: CandidateVersion) {
  const variables: Record<string, string | undefined> = {
    MLFLOW_TRACKING_URI: spec.registry.url,
    MODEL_NAME: spec.model,
    MODEL_VERSION: candidate.version,
    STABLE_VERSION: status?.stable?.version,
    MAX_BATCH_P99_MILLISECONDS: String(spec.verification.maxBatchP99Milliseconds),
  };
  return Object.entries(variables).flatMap(([name, value]) => (value === undefined ? [] : [{ name, value }]));
}
