import type { GraphOutline, NodeOutline } from './graph-outline.ts';
import { readNames } from './read-names.ts';

/** What tensors are computed from. */
export interface Sources {
  readonly nodes: ReadonlySet<NodeOutline>;
  /** Names of the tensors that are read, computed or not. */
  readonly names: ReadonlySet<string>;
}

/** Which nodes of a graph read and make each tensor. */
export class TensorFlow {
  readonly #makers = new Map<string, NodeOutline>();
  readonly #readers = new Map<string, NodeOutline[]>();
  readonly #read = new Map<NodeOutline, ReadonlySet<string>>();

  /** @param graphs parts of one graph */
  constructor(graphs: readonly GraphOutline[]) {
    for (const node of graphs.flatMap(({ nodes }) => nodes)) {
      const names = readNames(node);
      this.#read.set(node, names);
      for (const output of node.outputs) this.#makers.set(output, node);
      for (const name of names) {
        const readers = this.#readers.get(name);
        if (readers === undefined) this.#readers.set(name, [node]);
        else readers.push(node);
      }
    }
  }

  /** The node that makes the tensor. Undefined for an input, a constant, or a name that the graph does not have. */
  maker(name: string): NodeOutline | undefined {
    return this.#makers.get(name);
  }

  /**
   * All that the tensors are computed from.
   * @param given a tensor that counts as given: what it is computed from is not needed
   */
  sourcesOf(tensors: readonly string[], given?: string): Sources {
    const names = new Set(tensors);
    const nodes = new Set<NodeOutline>();
    // A set also visits the names that are added while it is visited.
    for (const name of names) {
      const maker = name === given ? undefined : this.#makers.get(name);
      if (maker === undefined || nodes.has(maker)) continue;
      nodes.add(maker);
      for (const source of this.#read.get(maker) ?? []) names.add(source);
    }
    return { nodes, names };
  }

  /**
   * Names of all tensors that are computed from the tensors, with the tensors themselves.
   * @param except a tensor through which nothing follows
   */
  resultsOf(tensors: readonly string[], except: string): ReadonlySet<string> {
    const names = new Set(tensors);
    names.delete(except);
    for (const name of names) {
      for (const reader of this.#readers.get(name) ?? []) {
        for (const output of reader.outputs) if (output !== except) names.add(output);
      }
    }
    return names;
  }
}
