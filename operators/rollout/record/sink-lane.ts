import type {
  AuditRecord,
  GapRecord,
  TransitionRecord,
} from '../../../services/shared/agreements/audit-record.ts';
import { backoffMilliseconds } from '../../../services/shared/backoff.ts';
import type { Clock } from '../../../services/shared/clock.ts';
import type { Logger } from '../../../services/shared/logging.ts';
import { timestamp } from '../decision/rollout.ts';
import type { AuditSink } from './audit-sink.ts';

/** Records that wait for one sink. More than these would mean hours of an outage of a busy operator. */
export const LANE_LENGTH = 1_000;
/** Longer than any call needs. */
const WRITE_MILLISECONDS = 15_000;
/** Time at the end of the process for records that no status has. */
const LAST_MILLISECONDS = 3_000;
const BACKOFF = { baseMilliseconds: 500, maximumMilliseconds: 60_000 };

export interface SinkLaneOptions {
  readonly sink: AuditSink;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called when all records of the ModelDeployment that waited are kept. */
  readonly onKept: (name: string) => void;
  readonly onWrite: (result: 'success' | 'error') => void;
  readonly onGap: (transitions: number) => void;
  /** A write that takes longer has failed. @default 15_000 */
  readonly writeMilliseconds?: number;
}

type Source = Pick<TransitionRecord, 'schemaVersion' | 'namespace' | 'name' | 'uid' | 'model'>;

interface Gap extends Source {
  readonly from: number;
  readonly to: number;
  readonly reason: string;
}

/**
 * Writes records into one sink, one after the other, in the order in which they came. While the sink is down the records
 * wait. If too many wait, the oldest are left out, and a record tells the gap.
 */
export class SinkLane {
  readonly #options: SinkLaneOptions;
  #waiting: TransitionRecord[] = [];
  /** The transitions of each ModelDeployment that are missing before its next record. By uid. */
  readonly #gaps = new Map<string, Gap>();
  /** The last kept sequence of each ModelDeployment. By uid. */
  readonly #kept = new Map<string, number>();
  readonly #stopping = new AbortController();
  /** Ends the present back-off. */
  #hurry = new AbortController();
  #isEnding = false;
  #running: Promise<void> | undefined;

  constructor(options: SinkLaneOptions) {
    this.#options = options;
  }

  get name(): AuditSink['name'] {
    return this.#options.sink.name;
  }

  /** Records that wait, and gaps that are not told yet. */
  get depth(): number {
    return this.#waiting.length + this.#gaps.size;
  }

  /** Every transition of this ModelDeployment up to the result is kept, or its gap is told. */
  keptSequence(uid: string): number | undefined {
    return this.#kept.get(uid);
  }

  /** @param sequence the transitions up to this number were kept before */
  begin(uid: string, sequence: number): void {
    this.#kept.set(uid, sequence);
  }

  add(record: TransitionRecord): void {
    if (this.#isEnding) return;
    this.#waiting.push(record);
    if (this.#waiting.length > LANE_LENGTH) this.#leaveOut();
    this.#start();
  }

  /** The transitions are missing before the next record of this ModelDeployment. */
  miss(source: Source, from: number, to: number, reason: string): void {
    const known = this.#gaps.get(source.uid);
    this.#gaps.set(source.uid, { ...source, from: known?.from ?? from, to, reason });
    this.#options.onGap(to - from + 1);
    this.#start();
  }

  forget(uid: string): void {
    this.#kept.delete(uid);
  }

  /**
   * Begins no further write: what waits is in the status, so the next leader writes it. Only what waits of a ModelDeployment
   * that is gone is in no status. It gets 3 s.
   */
  async stop(): Promise<void> {
    this.#isEnding = true;
    // The first record may be on its way.
    this.#waiting = this.#waiting.filter(({ uid }, index) => index === 0 || this.#isGone(uid));
    for (const uid of this.#gaps.keys()) if (!this.#isGone(uid)) this.#gaps.delete(uid);
    if (this.#gaps.size > 0 || this.#waiting.some(({ uid }) => this.#isGone(uid))) {
      this.#hurry.abort();
      const last = this.#options.clock.sleep(LAST_MILLISECONDS, this.#stopping.signal).catch(() => {});
      await Promise.race([this.#running, last]);
    }
    this.#stopping.abort(new Error('the operator is stopping'));
    await this.#running;
    this.#options.sink.close?.();
  }

  #isGone(uid: string): boolean {
    return !this.#kept.has(uid);
  }

  /** The first record may be on its way, so the second goes. */
  #leaveOut(): void {
    const [record] = this.#waiting.splice(1, 1);
    if (record === undefined) return;
    const reason = `the sink ${this.#options.sink.name} was down while ${LANE_LENGTH} records waited`;
    this.miss(sourceOf(record), record.sequence, record.sequence, reason);
  }

  #start(): void {
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
      if (this.depth > 0 && !this.#stopping.signal.aborted) this.#start();
    });
  }

  async #run(): Promise<void> {
    // What comes in the same moment is written in the same run.
    await Promise.resolve();
    for (let failures = 0; this.depth > 0 && !this.#stopping.signal.aborted; ) {
      if (await this.#writeNext()) {
        failures = 0;
        continue;
      }
      const { clock } = this.#options;
      if (this.#hurry.signal.aborted) this.#hurry = new AbortController();
      const signal = AbortSignal.any([this.#stopping.signal, this.#hurry.signal]);
      await clock.sleep(backoffMilliseconds(failures++, BACKOFF), signal).catch(() => {});
    }
  }

  /** Resolves to false if the write failed. */
  async #writeNext(): Promise<boolean> {
    const [record] = this.#waiting;
    const gap = record === undefined ? [...this.#gaps.values()][0] : this.#gaps.get(record.uid);
    if (gap !== undefined && (record === undefined || gap.from < record.sequence)) {
      if (!(await this.#write(this.#told(gap)))) return false;
      this.#keep(gap, gap.to);
      this.#closeGap(gap);
    } else if (record !== undefined) {
      if (!(await this.#write(record))) return false;
      this.#waiting.shift();
      this.#keep(record, record.sequence);
    }
    return true;
  }

  /** The gap may have grown while it was told. */
  #closeGap(told: Gap): void {
    const present = this.#gaps.get(told.uid);
    if (present === undefined || present.to <= told.to) this.#gaps.delete(told.uid);
    else this.#gaps.set(told.uid, { ...present, from: told.to + 1 });
  }

  #keep({ uid, name }: Source, sequence: number): void {
    const before = this.#kept.get(uid);
    // The ModelDeployment is gone, so nobody asks any more.
    if (before === undefined) return;
    this.#kept.set(uid, Math.max(before, sequence));
    if (!this.#gaps.has(uid) && !this.#waiting.some((record) => record.uid === uid))
      this.#options.onKept(name);
  }

  async #write(record: AuditRecord): Promise<boolean> {
    const { sink, logger, onWrite, writeMilliseconds = WRITE_MILLISECONDS } = this.#options;
    const signal = AbortSignal.any([this.#stopping.signal, AbortSignal.timeout(writeMilliseconds)]);
    try {
      // A client may wait for its credentials for ever, whatever the signal says.
      await Promise.race([sink.write(record, signal), rejectionBy(signal)]);
      onWrite('success');
      return true;
    } catch (error) {
      if (this.#stopping.signal.aborted) return false;
      onWrite('error');
      logger.warn(
        { error, sink: sink.name, waiting: this.depth },
        'an audit record was not kept, trying again',
      );
      return false;
    }
  }

  #told({ from, to, reason, ...source }: Gap): GapRecord {
    return { kind: 'gap', ...source, from, to, at: timestamp(this.#options.clock.now()), reason };
  }
}

function sourceOf({ schemaVersion, namespace, name, uid, model }: TransitionRecord): Source {
  return { schemaVersion, namespace, name, uid, model };
}

function rejectionBy(signal: AbortSignal): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  if (signal.aborted) reject(signal.reason);
  signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  return promise;
}
