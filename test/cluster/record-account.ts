import type { AuditRecord, TransitionRecord } from '../../services/shared/agreements/audit-record.ts';
import type { ModelDeploymentStatus } from '../../services/shared/model-deployment/status.ts';

/** Reasons before which something was measured. */
const MEASURED: ReadonlySet<string> = new Set(['ShadowFailed', 'CanaryFailed', 'SoakFailed', 'Promoting']);

/**
 * Compares the audit record with the status of the ModelDeployment. Several copies of one transition are one.
 * @param records in the order of their times
 * @param first the first transition that must be there
 * @throws Error that names what is missing or out of order
 */
export function assertRecorded(
  records: readonly AuditRecord[],
  { transitions = [] }: ModelDeploymentStatus,
  first: number,
): string {
  const known = new Map<number, TransitionRecord>();
  for (const record of records) {
    if (record.kind === 'gap') throw new Error(`the record has a gap: ${JSON.stringify(record)}`);
    if (record.sequence >= first && !known.has(record.sequence)) known.set(record.sequence, record);
  }
  const last = transitions[0]?.sequence ?? 0;
  const missing = Array.from({ length: last - first + 1 }, (_, index) => first + index).filter(
    (sequence) => !known.has(sequence),
  );
  if (missing.length > 0) throw new Error(`of ${first} to ${last} the record lacks ${missing.join(', ')}`);
  const order = [...known.keys()];
  const early = order.find((sequence, index) => sequence !== first + index);
  if (early !== undefined) throw new Error(`transition ${early} is out of order: ${order.join(', ')}`);
  for (const transition of transitions) {
    const record = known.get(transition.sequence);
    if (record !== undefined && (record.at !== transition.at || record.message !== transition.message))
      throw new Error(
        `transition ${transition.sequence} was recorded in another way: ${JSON.stringify(record)}`,
      );
  }
  const unmeasured = [...known.values()].filter(isUnmeasured);
  if (unmeasured.length > 0)
    throw new Error(`recorded without what was measured: ${JSON.stringify(unmeasured)}`);
  const checks = [...known.values()].filter((record) => record.checks !== undefined).length;
  return `transitions ${first} to ${last}, in order; with measurements: ${checks}`;
}

/** A weight above the first rises after a measurement only. The first candidate ever is promoted without one. */
function isUnmeasured({ reason, checks, stable, weightPercent = 0 }: TransitionRecord): boolean {
  if (checks !== undefined || stable === undefined) return false;
  return MEASURED.has(reason) && !(reason === 'Promoting' && weightPercent === 0);
}
