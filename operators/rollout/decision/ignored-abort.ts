import { REQUEST_ANNOTATIONS } from '../../../services/shared/agreements/request-annotations.ts';
import type { ModelDeploymentStatus } from '../../../services/shared/model-deployment/status.ts';
import { printable } from '../../../services/shared/printable.ts';
import { isRestoring } from './restoration.ts';

/** Why an abort that is used up gave nothing up. Undefined if there was none, or if it gave the candidate up. */
export function ignoredAbort(
  before: ModelDeploymentStatus,
  after: ModelDeploymentStatus,
): string | undefined {
  const { failed, requests } = after;
  if (requests?.abort === undefined || requests.abort === before.requests?.abort) return undefined;
  if (failed?.reason === 'Aborted' && failed.at !== before.failed?.at) return undefined;
  const { candidate } = before;
  const remedy =
    candidate === undefined || isRestoring(before)
      ? 'no version is being rolled out; to leave the version that serves, roll back'
      : `it does not name version ${candidate.version}, which is being rolled out; write "${candidate.version}: " and the reason`;
  return `the annotation ${REQUEST_ANNOTATIONS.abort} is "${printable(requests.abort)}" and has no effect, because ${remedy}`;
}
