import type { FeatureColumns } from '../../model/feature-columns.ts';
import type { DecodeFailure } from '../decode/application-decoder.ts';
import type { Decider } from './decider.ts';
import { type Decision, decide, type Role } from './decision.ts';
import type { DecisionTally } from './decision-tally.ts';
import { scoreEach } from './score-isolating-failures.ts';

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

  /** In the order of the rows. */
  get items(): readonly number[] {
    return this.#items;
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

  /** Scores all rows in one call, tallies the decisions and hands them on in order. Rejects where the graph fails. */
  async score(receive: LaneResult): Promise<void> {
    if (this.rows === 0) return;
    this.#decide(await this.decider.score(this.role, this.#features, this.rows), receive);
  }

  /**
   * The same, but that the rows on which the graph fails get no decision.
   * @returns the failure; undefined where there was none
   */
  async scoreEach(receive: LaneResult): Promise<unknown> {
    const { scores, error } = await scoreEach(this.decider, this.role, this.#features, this.rows);
    this.#decide(scores, receive);
    return error;
  }

  #decide(scores: Float32Array, receive: LaneResult): void {
    for (let row = 0; row < this.rows; row++) {
      const decision = decide(this.decider.contract, scores[row] as number);
      if (decision !== undefined) this.tally.add(decision, this.#features, row);
      receive(this.#items[row] as number, this.#requestIds[row] as string, decision);
    }
  }
}
