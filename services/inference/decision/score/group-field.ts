import type { ServingContract } from '../../../shared/contract/serving-contract.ts';

/** A string field by whose values decisions are counted. */
export interface GroupField {
  readonly name: string;
  /** Its column in the features. */
  readonly column: number;
  /** Values as metrics show them; a missing one is `missing`. */
  readonly values: readonly string[];
  /** Column value to place in `values`. */
  readonly positions: ReadonlyMap<string, number>;
}

export function groupFields(contract: ServingContract): GroupField[] {
  return (contract.groups ?? []).flatMap((name) => {
    const column = contract.fields.findIndex((field) => field.name === name);
    const field = contract.fields[column];
    if (field?.type !== 'string') return [];
    const positions = new Map([...field.values, ''].map((value, position) => [value, position]));
    return [{ name, column, values: [...field.values, 'missing'], positions }];
  });
}
