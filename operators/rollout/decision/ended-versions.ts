import type { ModelDeploymentStatus } from '../../../services/shared/model-deployment/status.ts';
import type { Identity } from './identity.ts';
import { timestamp } from './rollout.ts';
import { withFloor } from './used-statements.ts';

type Ends = Pick<ModelDeploymentStatus, 'history' | 'refusals'>;

interface End {
  readonly version: string;
  readonly digest: string;
  readonly at: number;
}

/**
 * When the files of the version last left service or were refused, in milliseconds since the epoch. A statement names no
 * registry and no time of the model, so neither matters here. Undefined if the status knows of no end.
 */
export function endOf(status: Ends, { version, digest }: Identity): number | undefined {
  const ends = endsOf(status).filter((end) => end.version === version && end.digest === digest);
  return ends.length === 0 ? undefined : Math.max(...ends.map(({ at }) => at));
}

/**
 * The status after a decision. If its lists have lost the end of a version, no statement of that time or before counts any
 * more, whatever it is about. So the lists may be short, and statements from before an end stay spent.
 */
export function withLostEnds(
  before: ModelDeploymentStatus,
  after: ModelDeploymentStatus,
): ModelDeploymentStatus {
  if (before.history === after.history && before.refusals === after.refusals) return after;
  const lost = endsOf(before).filter((end) => (endOf(after, end) ?? Number.NEGATIVE_INFINITY) < end.at);
  if (lost.length === 0) return after;
  const floor = timestamp(Math.max(...lost.map(({ at }) => at)));
  return { ...after, usedStatements: withFloor(after.usedStatements, floor) };
}

function endsOf({ history = [], refusals = [] }: Ends): readonly End[] {
  return [...history.map(({ until, ...revision }) => ({ ...revision, at: until })), ...refusals].flatMap(
    ({ version, digest, at }) => (digest ? [{ version, digest, at: Date.parse(at) }] : []),
  );
}
