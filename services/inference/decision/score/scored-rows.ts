import type { FeatureColumns } from '../../model/feature-columns.ts';
import type { DecodeFailure } from '../decode/application-decoder.ts';
import type { Decider } from './decider.ts';
import { type Decision, decide, type Role } from './decision.ts';
import type { DecisionTally } from './decision-tally.ts';
import { scoreIsolatingFailures } from './score-isolating-failures.ts';

/** Receives a row's decision. Undefined if the graph gave no probability for the row. */
export type ReceiveDecision<Item> = (
  item: Item,
  requestId: string,
  decision: Decision | undefined,
  row: number,
) => void;

/** Applications on their way through one model: decoded one by one, scored together. */
export class ScoredRows<Item> {
  readonly decider: Decider;
  readonly role: Role;
  /** Counts every decision that `score` and `scoreIsolatingFailures` hand on. */
  readonly tally: DecisionTally;
  readonly features: FeatureColumns;
  readonly #items: Item[] = [];
  readonly #requestIds: string[] = [];

  /**
   * @param capacity largest number of rows
   * @param tally @default a tally of the decider's own metrics
   * @param features room for the rows @default new room
   */
  constructor(
    decider: Decider,
    role: Role,
    capacity: number,
    tally: DecisionTally = decider.tally(),
    features: FeatureColumns = decider.decoder.columns(capacity),
  ) {
    this.decider = decider;
    this.role = role;
    this.tally = tally;
    this.features = features;
  }

  /** In the order of the rows. */
  get items(): readonly Item[] {
    return this.#items;
  }

  get rows(): number {
    return this.#items.length;
  }

  /**
   * Decodes a record of the stream into the next row.
   * @param item the caller's handle of the record
   * @returns why the record is invalid; undefined if the record became a row
   */
  addRecord(item: Item, data: Uint8Array): DecodeFailure | undefined {
    return this.#add(item, this.decider.decoder.decode(data, this.features, this.rows));
  }

  /** The same for the body of an HTTP request, which may hold the features alone. */
  addBody(item: Item, data: Uint8Array): DecodeFailure | undefined {
    return this.#add(item, this.decider.decoder.decodeBody(data, this.features, this.rows));
  }

  /** Scores all rows in one call and hands the decisions on in order. Rejects if the graph fails. */
  async score(receive: ReceiveDecision<Item>): Promise<void> {
    if (this.rows === 0) return;
    this.#decide(await this.decider.score(this.role, this.features, this.rows), receive);
  }

  /**
   * The same, except that a row on which the graph fails gets no decision.
   * @returns the last failure; undefined if the graph did not fail
   */
  async scoreIsolatingFailures(receive: ReceiveDecision<Item>): Promise<unknown> {
    const { decider, role, features, rows } = this;
    const { scores, error } = await scoreIsolatingFailures(decider, role, features, rows);
    this.#decide(scores, receive);
    return error;
  }

  #add(item: Item, decoded: string | DecodeFailure): DecodeFailure | undefined {
    if (typeof decoded !== 'string') return decoded;
    this.#items.push(item);
    this.#requestIds.push(decoded);
    return undefined;
  }

  #decide(scores: Float32Array, receive: ReceiveDecision<Item>): void {
    for (let row = 0; row < this.rows; row++) {
      const decision = decide(this.decider.contract, scores[row] as number);
      if (decision !== undefined) this.tally.add(decision, this.features, row);
      receive(this.#items[row] as Item, this.#requestIds[row] as string, decision, row);
    }
  }
}
