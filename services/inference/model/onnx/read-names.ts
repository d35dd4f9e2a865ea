import type { GraphOutline, NodeOutline } from './graph-outline.ts';

/** Names of the tensors that a node reads, also those that its nested graphs read from the graphs around them. */
export function readNames({ inputs, attributes }: NodeOutline): ReadonlySet<string> {
  const names = new Set(inputs);
  for (const { graphs } of attributes) {
    for (const graph of graphs) for (const name of outerNames(graph)) names.add(name);
  }
  // An optional input that is left out has no name.
  names.delete('');
  return names;
}

function outerNames({ inputs, initializers, nodes, outputs }: GraphOutline): ReadonlySet<string> {
  const own = new Set([...inputs, ...initializers].map(({ name }) => name));
  for (const node of nodes) for (const output of node.outputs) own.add(output);
  const names = new Set(outputs.map(({ name }) => name));
  for (const node of nodes) for (const name of readNames(node)) names.add(name);
  return new Set([...names].filter((name) => !own.has(name)));
}
