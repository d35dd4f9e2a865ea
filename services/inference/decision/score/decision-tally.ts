import type { ServingContract } from '../../../shared/contract/serving-contract.ts';
import type { TalliedHistogram, Tally } from '../../../shared/tallied-histogram.ts';
import { type Cell, type Column, stringCells } from '../../model/feature-cell.ts';
import type { FeatureColumns } from '../../model/feature-columns.ts';
import type { Decision } from './decision.ts';

/** A string field whose values group the decisions in the metrics. */
export interface GroupField {
  readonly name: string;
  /** Index of its column in the features. */
  readonly column: number;
  /** Values as metrics show them. A missing value is shown as `missing`. */
  readonly values: readonly string[];
  /** Cell of the column to index in `values`. */
  readonly positions: ReadonlyMap<Cell, number>;
}

export function groupFields(contract: ServingContract): GroupField[] {
  return (contract.groups ?? []).flatMap((name) => {
    const column = contract.fields.findIndex((field) => field.name === name);
    const field = contract.fields[column];
    if (field?.type !== 'string') return [];
    const cells = stringCells(field, contract.encoding);
    const positions = new Map(
      [...cells.values.values(), cells.missing].map((cell, position) => [cell, position]),
    );
    return [{ name, column, values: [...field.values, 'missing'], positions }];
  });
}

/** Receives the number of equal decisions in one group. */
export type GroupCount = (group: string, value: string, decision: 'true' | 'false', count: number) => void;

/** Counts the decisions of one model with integer arithmetic, until a whole batch goes to the metrics. */
export class DecisionTally {
  readonly #groups: readonly GroupField[];
  readonly #histogram: TalliedHistogram<string>;
  readonly #groupCounts: readonly Uint32Array[];
  readonly #probabilities: Uint32Array;
  readonly #decisions = new Uint32Array(2);
  #sum = 0;

  /** @param histogram gives the buckets for the probabilities */
  constructor(groups: readonly GroupField[], histogram: TalliedHistogram<string>) {
    this.#groups = groups;
    this.#histogram = histogram;
    this.#groupCounts = groups.map((group) => new Uint32Array(group.values.length * 2));
    this.#probabilities = new Uint32Array(histogram.edges.length + 1);
  }

  /** Counts the decision on the record in `features` at `row`. */
  add({ probability, positive }: Decision, features: FeatureColumns, row: number): void {
    const outcome = positive ? 1 : 0;
    const at = row * features.stride;
    increment(this.#decisions, outcome);
    increment(this.#probabilities, this.#histogram.bucketOf(probability));
    this.#sum += probability;
    for (let index = 0; index < this.#groups.length; index++) {
      const group = this.#groups[index] as GroupField;
      const value = (features.columns[group.column] as Column)[at] as Cell;
      increment(this.#groupCounts[index] as Uint32Array, 2 * (group.positions.get(value) ?? 0) + outcome);
    }
  }

  /** One array for each group. The index in an array is 2 × value + decision. */
  get groupCounts(): readonly Uint32Array[] {
    return this.#groupCounts;
  }

  get probabilities(): Tally {
    return { counts: this.#probabilities, sum: this.#sum };
  }

  count(decision: 'true' | 'false'): number {
    return this.#decisions[decision === 'true' ? 1 : 0] as number;
  }

  eachGroupCount(receive: GroupCount): void {
    this.#groups.forEach((group, index) => {
      this.#groupCounts[index]?.forEach((count, place) => {
        if (count === 0) return;
        receive(group.name, group.values[place >> 1] as string, place % 2 === 1 ? 'true' : 'false', count);
      });
    });
  }
}

function increment(counts: Uint32Array, index: number): void {
  counts[index] = (counts[index] as number) + 1;
}
