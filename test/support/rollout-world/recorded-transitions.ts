import { newestRecorded } from '../../../operators/rollout/record/newest-recorded.ts';
import type { AuditRecord } from '../../../services/shared/agreements/audit-record.ts';
import {
  type ModelDeploymentStatus,
  TRANSITIONS_LENGTH,
  type Transition,
} from '../../../services/shared/model-deployment/status.ts';

/** What is wrong with the transitions of a status that is about to be stored. Undefined if nothing is. */
export function wrongTransitions(
  before: ModelDeploymentStatus,
  after: ModelDeploymentStatus,
): string | undefined {
  const { transitions: then = [] } = before;
  const { transitions: now = [] } = after;
  const last = then[0]?.sequence ?? newestRecorded(before);
  const [newest] = now;
  const added = now.filter(({ sequence }) => sequence > last);
  if (look(before) !== look(after) && added.length === 0) return 'a change has no transition';
  if (now.some(({ sequence }, index) => sequence !== (newest?.sequence ?? 0) - index))
    return 'the sequence of the transitions has a gap';
  if (newest && newest.sequence !== last + added.length) return 'the sequence begins anew';
  const kept = [...added, ...then].slice(0, TRANSITIONS_LENGTH);
  if (JSON.stringify(kept) !== JSON.stringify(now)) return 'an earlier transition was changed';
  if (newest && added.length > 0 && look(after) !== told(newest))
    return `the newest transition tells ${told(newest)}, but the status is ${look(after)}`;
  return undefined;
}

/**
 * What is wrong with the audit record of the present object. Undefined if nothing is. A record may come again, after a
 * crash, but no transition is missing and the first copies are in order.
 */
export function wrongRecord(
  audit: readonly AuditRecord[],
  uid: string | undefined,
  { transitions = [] }: ModelDeploymentStatus,
): string | undefined {
  const seen: number[] = [];
  for (const record of audit) {
    if (record.uid !== uid) continue;
    if (record.kind === 'gap') return `the record tells a gap: ${JSON.stringify(record)}`;
    if (!seen.includes(record.sequence)) seen.push(record.sequence);
  }
  const wanted = Array.from({ length: transitions[0]?.sequence ?? 0 }, (_, index) => index + 1);
  if (seen.join() === wanted.join()) return undefined;
  return `the record has the transitions ${seen.join()}, and there are ${wanted.length}`;
}

function look({ phase = 'Waiting', stable, candidate }: ModelDeploymentStatus): string {
  return JSON.stringify([phase, stable?.version, candidate?.version, candidate?.weightPercent]);
}

function told({ phase, stable, candidate, weightPercent }: Transition): string {
  return JSON.stringify([phase, stable, candidate, weightPercent]);
}
