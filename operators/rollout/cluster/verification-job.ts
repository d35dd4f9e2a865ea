import { createHash } from 'node:crypto';
import type { VerificationVariable } from '../../../services/shared/agreements/environment-variables.ts';
import {
  MANAGED_BY_LABEL,
  NAME_LABEL,
  SERVING_GROUP,
  VERIFICATION_COMPONENT,
} from '../../../services/shared/agreements/kubernetes-names.ts';
import {
  VERIFICATION_CONTAINER,
  VERIFICATION_EXIT_CODES,
} from '../../../services/shared/agreements/verification.ts';
import {
  KIND,
  type ModelDeployment,
  VERSION,
} from '../../../services/shared/model-deployment/model-deployment.ts';
import type { CandidateVersion } from '../../../services/shared/model-deployment/status.ts';
import type { Deployment, Job } from './objects.ts';
import { targetContainer } from './target.ts';

export const MANAGER = 'loan-eligibility-rollout';
export const OWNER_LABEL = `${SERVING_GROUP}/model-deployment`;

/** Each attempt at a candidate has one name. So the operator finds its Job again after a restart. */
export function verificationJobName(owner: ModelDeployment, { version, since }: CandidateVersion): string {
  const attempt = createHash('sha256')
    .update(`${owner.metadata.uid} ${version} ${since}`)
    .digest('hex')
    .slice(0, 10);
  return `${owner.metadata.name}-verify-${attempt}`;
}

/** The Job that verifies a version, with the image and the resources of the serving container. */
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
    [NAME_LABEL]: VERIFICATION_COMPONENT,
    [MANAGED_BY_LABEL]: MANAGER,
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
      annotations: { [`${SERVING_GROUP}/version`]: candidate.version },
      ownerReferences: [
        { apiVersion: `${SERVING_GROUP}/${VERSION}`, kind: KIND, name, uid, controller: true },
      ],
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
              containerName: VERIFICATION_CONTAINER,
              operator: 'NotIn',
              values: [VERIFICATION_EXIT_CODES.infrastructure],
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
              name: VERIFICATION_CONTAINER,
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
  const variables: Partial<Record<VerificationVariable, string | undefined>> = {
    MLFLOW_TRACKING_URI: spec.registry.url,
    MODEL_NAME: spec.model,
    MODEL_VERSION: candidate.version,
    STABLE_VERSION: status?.stable?.version,
    MAX_BATCH_P99_MILLISECONDS: String(spec.verification.maxBatchP99Milliseconds),
  };
  return Object.entries(variables).flatMap(([name, value]) => (value === undefined ? [] : [{ name, value }]));
}
