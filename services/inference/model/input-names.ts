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
  const known = new Set(names);
  const found = new Map<string, string>();
  const renamed = groupByConverted(inputs.filter((input) => !known.has(input)));
  const rest = groupByConverted(names.filter((name) => !inputs.includes(name)));
  for (const name of names) {
    if (inputs.includes(name)) found.set(name, name);
    else {
      const [input, ...others] = renamed.get(converted(name)) ?? [];
      const alone = others.length === 0 && rest.get(converted(name))?.length === 1;
      if (input !== undefined && alone) found.set(name, input);
    }
  }
  return found;
}

/**
 * Inputs as clients send them. An input that has two names is listed by one of them, and the other is its alias.
 * @param graphNames client's name to graph input
 */
export function clientInputs(
  inputs: readonly TensorSpec[],
  graphNames: ReadonlyMap<string, string>,
  byClientName: boolean,
): readonly TensorSpec[] {
  const clientNames = new Map([...graphNames].map(([name, input]) => [input, name]));
  return inputs.map((input) => {
    const clientName = clientNames.get(input.name) ?? input.name;
    if (clientName === input.name) return input;
    return byClientName ? { ...input, name: clientName, alias: input.name } : { ...input, alias: clientName };
  });
}

function groupByConverted(names: readonly string[]): ReadonlyMap<string, readonly string[]> {
  return Map.groupBy(names, converted);
}

/** The name as skl2onnx and onnxmltools write it: letters, digits and `_`, and no digit first. */
function converted(name: string): string {
  return name.replace(/[^0-9a-zA-Z]/gu, '_').replace(/^[0-9]/, '_$&');
}
