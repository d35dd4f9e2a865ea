import type { Field } from '../../shared/contract/serving-contract.ts';
import { ROWS } from './column-matrix.ts';
import type { TensorSpec } from './graph-signature.ts';

/**
 * The graph input of each name that a client knows. Converters replace characters: skl2onnx makes `Credit_History` from
 * `Credit History`. Such a pair is found if no other name and no other input could be meant. A name without a graph input
 * is not in the map.
 */
export function graphInputNames(
  names: readonly string[],
  inputs: readonly string[],
): ReadonlyMap<string, string> {
  const [known, taken] = [new Set(names), new Set(inputs)];
  const found = new Map<string, string>();
  const renamed = groupByConverted(inputs.filter((input) => !known.has(input)));
  const rest = groupByConverted(names.filter((name) => !taken.has(name)));
  for (const name of names) {
    if (taken.has(name)) found.set(name, name);
    else {
      const [input, ...others] = renamed.get(converted(name)) ?? [];
      const alone = others.length === 0 && rest.get(converted(name))?.length === 1;
      if (input !== undefined && alone) found.set(name, input);
    }
  }
  return found;
}

/** A column `[N, 1]` for each field, for a graph that has none of its own. */
export function fieldInputs(fields: readonly Field[]): readonly TensorSpec[] {
  return fields.map(({ name, type }) => ({
    name,
    type: type === 'string' ? 'string' : 'float32',
    shape: [-1, 1],
    dimensionNames: [ROWS, undefined],
  }));
}

/**
 * Inputs as clients send them. The contract's field is the name of an input, or else the graph's name. The other names are
 * aliases.
 * @param fields field of the contract to graph input
 * @param columns column of MLmodel's signature to graph input
 */
export function clientInputs(
  inputs: readonly TensorSpec[],
  fields: ReadonlyMap<string, string>,
  columns: ReadonlyMap<string, string>,
): readonly TensorSpec[] {
  const [fieldNames, columnNames] = [fields, columns].map(inverted) as [Inverted, Inverted];
  return inputs.map((input) => {
    const names = [fieldNames.get(input.name), input.name, columnNames.get(input.name)];
    const [name = input.name, ...aliases] = new Set(names.filter((known) => known !== undefined));
    return { ...input, name, ...(aliases.length > 0 ? { aliases } : {}) };
  });
}

type Inverted = ReadonlyMap<string, string>;

function inverted(graphNames: ReadonlyMap<string, string>): Inverted {
  return new Map([...graphNames].map(([name, input]) => [input, name]));
}

function groupByConverted(names: readonly string[]): ReadonlyMap<string, readonly string[]> {
  return Map.groupBy(names, converted);
}

/** The name as skl2onnx and onnxmltools write it: letters, digits and `_`, and no digit first. */
function converted(name: string): string {
  return name.replace(/[^0-9a-zA-Z]/gu, '_').replace(/^[0-9]/, '_$&');
}
