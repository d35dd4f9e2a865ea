import { posix } from 'node:path';
import type { GraphOutline, ModelOutline, NodeOutline } from './graph-outline.ts';
import type { TensorOutline } from './tensor-outline.ts';

/** Every tensor of the file, also in nested graphs and functions. */
export function everyTensor({ graphs, functions }: ModelOutline): TensorOutline[] {
  return [...graphs.flatMap(tensorsOfGraph), ...functions.flatMap(tensorsOfNode)];
}

function tensorsOfGraph({ initializers, nodes }: GraphOutline): TensorOutline[] {
  return [...initializers.flatMap(({ tensors }) => tensors), ...nodes.flatMap(tensorsOfNode)];
}

function tensorsOfNode({ attributes }: NodeOutline): TensorOutline[] {
  return attributes.flatMap(({ tensors, graphs }) => [...tensors, ...graphs.flatMap(tensorsOfGraph)]);
}

/** A location that leaves the directory of the artifact. */
export class OutsideLocation extends Error {
  override readonly name = 'OutsideLocation';
}

/**
 * Files that hold weights of the graph: location, as the graph names it, to the path in the artifact.
 * @throws OutsideLocation
 */
export function externalFiles(outline: ModelOutline, graphPath: string): ReadonlyMap<string, string> {
  const locations = new Set(everyTensor(outline).flatMap(({ location }) => location ?? []));
  return new Map([...locations].map((location) => [location, artifactPath(location, graphPath)]));
}

function artifactPath(location: string, graphPath: string): string {
  const segments = location.split(/[\\/]/);
  // A drive letter and a backslash count too, because such a graph was written on Windows.
  if (location === '' || segments[0] === '' || segments[0]?.endsWith(':') || segments.includes('..')) {
    throw new OutsideLocation(
      `the graph has weights in the file ${JSON.stringify(location.slice(0, 256))}, which is not a path below the graph's directory`,
    );
  }
  return posix.join(posix.dirname(graphPath), location);
}
