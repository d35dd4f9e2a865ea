import { REQUEST_ANNOTATIONS } from '../../../services/shared/agreements/request-annotations.ts';
import type { ModelDeploymentStatus } from '../../../services/shared/model-deployment/status.ts';
import { printable } from '../../../services/shared/printable.ts';
import { namesVersion } from './refusals.ts';
import { isRestoring } from './restoration.ts';
import type { Rollout } from './rollout.ts';
import { refuse } from './transitions.ts';

const SHOWN_CHARACTERS = 200;

/**
 * The status after the annotation abort: it refuses the candidate, and the alias stays. A value acts once, also if it names
 * another version than the candidate. Otherwise an old value could give up a later rollout of the same version. Undefined
 * if there is nothing new.
 */
export function abort({ abort: value, ...rollout }: Rollout): ModelDeploymentStatus | undefined {
  const { status } = rollout;
  if (value === undefined || value === status.requests?.abort) return undefined;
  const seen = { ...status, requests: { ...status.requests, abort: value } };
  const { candidate } = status;
  if (candidate === undefined || isRestoring(status) || !namesVersion(value, candidate)) return seen;
  const by = rollout.requestedBy?.abort;
  const author = by === undefined ? '' : `, set by ${printable(by, SHOWN_CHARACTERS)},`;
  const text = printable(value.slice(candidate.version.length), SHOWN_CHARACTERS).replace(/^[\s:,-]+/, '');
  const why = text === '' ? '' : `: ${text}`;
  const message = `the annotation ${REQUEST_ANNOTATIONS.abort}${author} gave it up${why}`;
  return refuse({ ...rollout, status: seen }, 'Aborted', message);
}
