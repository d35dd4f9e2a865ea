import { createHash } from 'node:crypto';
import type { VerificationVariable } from '../../../services/shared/agreements/environment-variables.ts';
import { SERVING_GROUP } from '../../../services/shared/agreements/kubernetes-names.ts';
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
import { verificationLabels, verificationPod } from './verification-pod.ts';

/** Each attempt at a candidate has one name. So the operator finds its Job again after a restart. */
export function verificationJobName(owner: ModelDeployment, { version, since }: CandidateVersion): string {
  const attempt = createHash('sha256')
    .update(`${owner.metadata.uid} ${version} ${since}`)
    .digest('hex')
    .slice(0, 10);
  return `${owner.metadata.name}-verify-${attempt}`;
}

/** The Job that verifies a version, in a pod like those of the target. */
export function verificationJob(
  owner: ModelDeployment,
  candidate: CandidateVersion,
  deployment: Deployment,
  command: readonly string[],
): Job | undefined {
  const serving = targetContainer(deployment, owner.spec.target.container);
  if (serving === undefined) return undefined;
  const { name, namespace = '', uid = '' } = owner.metadata;
  const { verification } = owner.spec;
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: verificationJobName(owner, candidate),
      namespace,
      labels: verificationLabels(name),
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
      template: verificationPod(name, deployment, serving, { command, env: environment(owner, candidate) }),
    },
  };
}

function environment({ spec, status }: ModelDeployment, candidate: CandidateVersion) {
  const { verification } = spec;
  // For the number of the stable version the digest decides: its files serve already, or the number was reused.
  const stable = status?.stable?.version === candidate.version ? undefined : status?.stable;
  const variables: Partial<Record<VerificationVariable, string | undefined>> = {
    // The server that named the version. The spec may have changed since, to a server that the operator may not call.
    CANDIDATE_TRACKING_URI: candidate.registry ?? spec.registry.url,
    MODEL_NAME: spec.model,
    MODEL_VERSION: candidate.version,
    STABLE_VERSION: stable?.version,
    STABLE_DIGEST: stable?.digest || undefined,
    STABLE_TRACKING_URI: stable?.registry,
    REQUIRE_STABLE_CONTRACT: verification.requireStableContract === false ? 'false' : undefined,
    REQUIRE_MODEL_SIGNATURE: verification.requireModelSignature ? 'true' : undefined,
    MAX_BATCH_P99_MILLISECONDS: String(verification.maxBatchP99Milliseconds),
  };
  return Object.entries(variables).flatMap(([name, value]) => (value === undefined ? [] : [{ name, value }]));
}
