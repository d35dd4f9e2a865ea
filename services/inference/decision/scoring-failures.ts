import type { StreamRecord } from '../../stream/record.ts';
import type { Decider } from './score/decider.ts';
import type { Role } from './score/decision.ts';

/** Counts the records on which scoring failed, once for each model, however often their batch is tried. */
export class ScoringFailures {
  readonly #counted = new WeakMap<Decider, WeakSet<StreamRecord>>();
  readonly #suspects = new WeakMap<StreamRecord, Decider>();

  /** The model fails on this record. */
  count(decider: Decider, role: Role, record: StreamRecord): void {
    const counted = this.#counted.get(decider) ?? new WeakSet();
    if (counted.has(record)) return;
    this.#counted.set(decider, counted.add(record));
    decider.countErrors(role, 1);
  }

  /** The stable model fails on these records together. A record counts if it fails alone, or once it is given up. */
  suspect(decider: Decider, records: readonly StreamRecord[]): void {
    for (const record of records) {
      this.#suspects.set(record, decider);
      if (records.length === 1) this.count(decider, 'stable', record);
    }
  }

  /** The record gets no decision. It counts only if scoring had failed on it. */
  giveUp(record: StreamRecord): void {
    const decider = this.#suspects.get(record);
    if (decider !== undefined) this.count(decider, 'stable', record);
  }
}
