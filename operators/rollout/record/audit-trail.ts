import type { GapRecord, TransitionRecord } from '../../../services/shared/agreements/audit-record.ts';
import type { Clock } from '../../../services/shared/clock.ts';
import type { Logger } from '../../../services/shared/logging.ts';
import type { ModelDeployment } from '../../../services/shared/model-deployment/model-deployment.ts';
import type { ModelDeploymentStatus, Transition } from '../../../services/shared/model-deployment/status.ts';
import type { AuditSink } from './audit-sink.ts';
import { newestRecorded } from './newest-recorded.ts';
import { SinkLane, type SinkLaneOptions } from './sink-lane.ts';

export interface AuditTrailOptions {
  /** Never empty. */
  readonly sinks: readonly AuditSink[];
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called when what `acknowledged` gives for this ModelDeployment may have grown. */
  readonly onRecorded: (name: string) => void;
  /**
   * Called once for each transition that this process takes and no sink has yet, before it is written. A transition that
   * waits for a sink that is down is no news.
   */
  readonly onTaken?: (object: ModelDeployment, record: TransitionRecord) => void;
  readonly onWrite?: (sink: AuditSink['name'], result: 'success' | 'error') => void;
  readonly onGap?: (sink: AuditSink['name'], transitions: number) => void;
}

type Acknowledged = Pick<ModelDeploymentStatus, 'recorded' | 'recordedSequence'>;

/** What this process knows of one ModelDeployment. */
interface Known {
  readonly uid: string;
  /** The last transition that was taken. Undefined if none was. */
  taken: Pick<Transition, 'sequence' | 'at'> | undefined;
}

/**
 * Writes each transition into every sink, at least once and in order. The status is the outbox: a transition stays in it
 * until every sink has it, so a crash loses none. A sink that is down holds no rollout and no other sink, because the
 * status says for each sink up to where it has them.
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
    const { transitions = [] } = status;
    const { name, namespace = '', uid = '' } = metadata;
    const known = this.#knownOf(name, uid, status);
    if (isOther(transitions, known)) this.#begin(known, status);
    const { taken } = known;
    const [newest] = transitions;
    if (newest === undefined || newest.sequence <= (taken?.sequence ?? 0)) return;
    const source = { schemaVersion: 1, namespace, name, uid, model: spec.model } as const;
    const records = transitions
      .toReversed()
      .map((transition): TransitionRecord => ({ kind: 'transition', ...source, ...transition }));
    const news = taken?.sequence ?? newestRecorded(status);
    for (const record of records) if (record.sequence > news) this.#onTaken?.(object, record);
    for (const lane of this.#lanes.values()) this.#hand(lane, source, records, taken?.sequence);
    known.taken = newest;
  }

  /**
   * Up to where each sink has the transitions, for the status. `recordedSequence` is the least of the sinks that are set. A
   * sink that is not set at present keeps its number.
   */
  acknowledged({ metadata, status = {} }: ModelDeployment): Acknowledged {
    const { name, uid } = metadata;
    const { recorded, recordedSequence } = status;
    const known = this.#known.get(name);
    if (known === undefined || known.uid !== uid) return { recorded, recordedSequence };
    const kept = [...this.#lanes].map(([sink, lane]) => [sink, lane.keptSequence(known.uid) ?? 0] as const);
    const numbers = kept.map(([, sequence]) => sequence);
    if (Math.max(...numbers) === 0) return { recorded };
    return {
      recorded: { ...recorded, ...Object.fromEntries(kept) },
      recordedSequence: Math.min(...numbers) || undefined,
    };
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

  /** Hands a sink what it lacks. `records` come oldest first, without holes. */
  #hand(
    lane: SinkLane,
    source: Omit<GapRecord, 'kind' | 'from' | 'to' | 'at' | 'reason'>,
    records: readonly TransitionRecord[],
    taken: number | undefined,
  ): void {
    const last = taken ?? lane.keptSequence(source.uid) ?? 0;
    const lacking = records.filter(({ sequence }) => sequence > last);
    const [oldest] = lacking;
    if (oldest !== undefined && oldest.sequence > last + 1) {
      const reason = `the status held ${records.length} transitions, and the sink ${lane.name} acknowledged none of these before; another sink may have them`;
      lane.miss(source, last + 1, oldest.sequence - 1, reason);
    }
    for (const record of lacking) lane.add(record);
  }

  #knownOf(name: string, uid: string, status: ModelDeploymentStatus): Known {
    const known = this.#known.get(name);
    if (known?.uid === uid) return known;
    this.forget(name);
    const fresh: Known = { uid, taken: undefined };
    this.#known.set(name, fresh);
    this.#begin(fresh, status);
    return fresh;
  }

  /** A sink of which the status knows nothing was set after the last acknowledgement. It begins there. */
  #begin(known: Known, status: ModelDeploymentStatus): void {
    known.taken = undefined;
    const newest = newestRecorded(status);
    for (const [sink, lane] of this.#lanes) lane.begin(known.uid, status.recorded?.[sink] ?? newest);
  }
}

/** After a restore of etcd the status may lack transitions that were taken, and counts them anew. */
function isOther(transitions: readonly Transition[], { taken }: Known): boolean {
  if (taken === undefined) return false;
  const same = transitions.find(({ sequence }) => sequence === taken.sequence);
  return same === undefined ? (transitions[0]?.sequence ?? 0) < taken.sequence : same.at !== taken.at;
}
