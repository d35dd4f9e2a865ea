import type { TransitionRecord } from '../../../services/shared/agreements/audit-record.ts';
import type { Clock } from '../../../services/shared/clock.ts';
import type { Logger } from '../../../services/shared/logging.ts';
import type { ModelDeployment } from '../../../services/shared/model-deployment/model-deployment.ts';
import type { ModelDeploymentStatus, Transition } from '../../../services/shared/model-deployment/status.ts';
import type { AuditSink } from './audit-sink.ts';
import { SinkLane, type SinkLaneOptions } from './sink-lane.ts';

export interface AuditTrailOptions {
  /** Never empty. */
  readonly sinks: readonly AuditSink[];
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called when `recordedSequence` of this ModelDeployment may have grown. */
  readonly onRecorded: (name: string) => void;
  /** Called once for each transition that this process takes, before it is written. */
  readonly onTaken?: (object: ModelDeployment, record: TransitionRecord) => void;
  readonly onWrite?: (sink: AuditSink['name'], result: 'success' | 'error') => void;
  readonly onGap?: (sink: AuditSink['name'], transitions: number) => void;
}

/** What this process knows of one ModelDeployment. */
interface Known {
  readonly uid: string;
  /** The last transition that was taken, and its time. */
  taken: number;
  takenAt: string | undefined;
}

/**
 * Writes each transition into every sink, at least once and in order. The status is the outbox: a transition stays in it
 * until every sink has it, so a crash loses none. A sink that is down holds no rollout.
 */
export class AuditTrail {
  readonly #lanes: ReadonlyMap<AuditSink['name'], SinkLane>;
  readonly #onTaken: AuditTrailOptions['onTaken'];
  readonly #known = new Map<string, Known>();

  constructor({ sinks, clock, logger, onRecorded, onTaken, onWrite, onGap }: AuditTrailOptions) {
    this.#onTaken = onTaken;
    const lane = (sink: AuditSink) =>
      new SinkLane({
        sink,
        clock,
        logger,
        onKept: onRecorded,
        onWrite: (result) => onWrite?.(sink.name, result),
        onGap: (transitions) => onGap?.(sink.name, transitions),
      } satisfies SinkLaneOptions);
    this.#lanes = new Map(sinks.map((sink) => [sink.name, lane(sink)]));
  }

  /** Takes the transitions of a stored status that it has not taken yet. */
  take(object: ModelDeployment, status: ModelDeploymentStatus): void {
    const { metadata, spec } = object;
    const { transitions = [], recordedSequence = 0 } = status;
    const { name, namespace = '', uid = '' } = metadata;
    const known = this.#knownOf(name, uid, recordedSequence);
    if (isOther(transitions, known)) this.#begin(known, recordedSequence);
    const fresh = transitions.filter(({ sequence }) => sequence > known.taken).toReversed();
    const [oldest] = fresh;
    if (oldest === undefined) return;
    const source = { schemaVersion: 1, namespace, name, uid, model: spec.model } as const;
    const records = fresh.map(
      (transition): TransitionRecord => ({ kind: 'transition', ...source, ...transition }),
    );
    for (const record of records) this.#onTaken?.(object, record);
    for (const lane of this.#lanes.values()) {
      if (oldest.sequence > known.taken + 1) {
        const reason = `the status held ${transitions.length} transitions, and no operator wrote these before`;
        lane.miss(source, known.taken + 1, oldest.sequence - 1, reason);
      }
      for (const record of records) lane.add(record);
    }
    known.taken = fresh.at(-1)?.sequence ?? known.taken;
    known.takenAt = fresh.at(-1)?.at;
  }

  /** The transitions up to the result are in every sink. Undefined if none of this ModelDeployment was taken. */
  recordedSequence({ name, uid }: ModelDeployment['metadata']): number | undefined {
    const known = this.#known.get(name);
    if (known === undefined || known.uid !== uid) return undefined;
    return Math.min(...[...this.#lanes.values()].map((lane) => lane.keptSequence(known.uid) ?? 0));
  }

  /** Records that wait for this sink. */
  depth(sink: AuditSink['name']): number {
    return this.#lanes.get(sink)?.depth ?? 0;
  }

  /** What waits is written nevertheless. */
  forget(name: string): void {
    const known = this.#known.get(name);
    this.#known.delete(name);
    for (const lane of this.#lanes.values()) lane.forget(known?.uid ?? '');
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#lanes.values()].map((lane) => lane.stop()));
  }

  #knownOf(name: string, uid: string, recordedSequence: number): Known {
    const known = this.#known.get(name);
    if (known?.uid === uid) return known;
    this.forget(name);
    const fresh: Known = { uid, taken: recordedSequence, takenAt: undefined };
    this.#known.set(name, fresh);
    this.#begin(fresh, recordedSequence);
    return fresh;
  }

  #begin(known: Known, recordedSequence: number): void {
    known.taken = recordedSequence;
    known.takenAt = undefined;
    for (const lane of this.#lanes.values()) lane.begin(known.uid, recordedSequence);
  }
}

/** After a restore of etcd the status may lack transitions that were taken, and counts them anew. */
function isOther(transitions: readonly Transition[], { taken, takenAt }: Known): boolean {
  if (takenAt === undefined) return false;
  const same = transitions.find(({ sequence }) => sequence === taken);
  return same === undefined ? (transitions[0]?.sequence ?? 0) < taken : same.at !== takenAt;
}
