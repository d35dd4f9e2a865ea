import { MAXIMUM_VALIDITY_SECONDS } from '../../../services/shared/model-deployment/approval.ts';
import {
  type Approval,
  USED_STATEMENTS_LENGTH,
  type UsedStatements,
} from '../../../services/shared/model-deployment/status.ts';
import { timestamp } from './rollout.ts';

/** A statement counts at most once. Otherwise whoever may move the alias could bring an old version back. */
export function isUsed(used: UsedStatements | undefined, hash: string, at: string): boolean {
  if (used === undefined) return false;
  const { hashes, notBefore } = used;
  if (notBefore !== undefined && !(Date.parse(at) > Date.parse(notBefore))) return true;
  return hashes.some((other) => other.hash === hash);
}

/**
 * The used statements with further ones. If there are too many, the oldest are dropped, and no other statement of their
 * time or before counts any more. So the list is bounded, and forgets nothing. An expired statement needs no place.
 */
export function withUsed(
  used: UsedStatements | undefined,
  further: readonly Pick<Approval, 'hash' | 'at'>[],
  now: number,
): UsedStatements | undefined {
  if (further.length === 0) return used;
  const { hashes: before = [], notBefore } = used ?? {};
  const oldest = now - MAXIMUM_VALIDITY_SECONDS * 1000;
  const all = [...further, ...before]
    .filter(({ hash }, index, list) => list.findIndex((other) => other.hash === hash) === index)
    .filter(({ at }) => Date.parse(at) >= oldest)
    .map(({ hash, at }) => ({ hash, at }))
    .sort((a, b) => Date.parse(b.at) - Date.parse(a.at));
  const [dropped] = all.slice(USED_STATEMENTS_LENGTH);
  const listed = {
    hashes: all.slice(0, USED_STATEMENTS_LENGTH),
    ...(notBefore === undefined ? {} : { notBefore }),
  };
  return dropped === undefined ? listed : withFloor(listed, dropped.at);
}

/** The used statements, and no statement of this time or before counts any more. */
export function withFloor(used: UsedStatements | undefined, at: string): UsedStatements {
  const { hashes = [], notBefore } = used ?? {};
  const times = [notBefore, at].filter((time) => time !== undefined).map((time) => Date.parse(time));
  return { hashes, notBefore: timestamp(Math.max(...times)) };
}
