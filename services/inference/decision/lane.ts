import type { FeatureColumns } from '../model/feature-columns.ts';
import type { DecodeFailure } from './application-decoder.ts';
import type { Decider } from './decider.ts';
import { type Decision, decide, type Role } from './decision.ts';
import type { DecisionTally } from './decision-tally.ts';

/** A row of a lane with its decision; undefined where the graph gave no probability. */
export type LaneResult = (item: number, requestId: string, decision: Decision | undefined) => void;

/** Records on their way through one model: decoded one by one, scored together. */
export class Lane {
  readonly decider: Decider;
  readonly role: Role;
  readonly tally: DecisionTally;
  readonly #features: FeatureColumns;
  readonly #items: number[] = [];
  readonly #requestIds: string[] = [];

  /** @param capacity of records */
  constructor(decider: Decider, role: Role, capacity: number) {
    this.decider = decider;
    this.role = role;
    this.tally = decider.tally();
    this.#features = decider.decoder.columns(capacity);
  }

  get rows(): number {
    return this.#items.length;
  }

  /**
   * @param item what the caller knows the record by
   * @returns why the record is refused; undefined where it is in
   */
  add(item: number, data: Uint8Array): DecodeFailure | undefined {
    const decoded = this.decider.decoder.decode(data, this.#features, this.rows);
    if (typeof decoded !== 'string') return decoded;
    this.#items.push(item);
    this.#requestIds.push(decoded);
    return undefined;
  }

  /** Scores all rows in one call, tallies the decisions and hands them on in order. */
  async score(receive: LaneResult): Promise<void> {
    if (this.rows === 0) return;
    const scores = await this.decider.score(this.role, this.#features, this.rows);
    for (let row = 0; row < this.rows; row++) {
      const decision = decide(this.decider.contract, scores[row] as number);
      if (decision !== undefined) this.tally.add(decision, this.#features, row);
      receive(this.#items[row] as number, this.#requestIds[row] as string, decision);
    }
  }

  /** All rows, as if scored without success. */
  giveUp(receive: LaneResult): void {
    for (const [row, item] of this.#items.entries())
      receive(item, this.#requestIds[row] as string, undefined);
  }
}
