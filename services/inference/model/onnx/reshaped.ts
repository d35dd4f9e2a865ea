/** Shapes that operators make of a shape, without a look at the data. Undefined: not known. */
type Dims = readonly number[];

export function unsqueezed(dims: Dims, axes: Dims | undefined): Dims | undefined {
  if (axes === undefined) return undefined;
  const rank = dims.length + axes.length;
  const added = new Set(axes.map((axis) => (axis < 0 ? axis + rank : axis)));
  const rest = [...dims];
  return Array.from({ length: rank }, (_, axis) => (added.has(axis) ? 1 : (rest.shift() ?? 1)));
}

export function squeezed(dims: Dims, axes: Dims | undefined): Dims {
  const removed = axes && new Set(axes.map((axis) => (axis < 0 ? axis + dims.length : axis)));
  return dims.filter((length, axis) => (removed === undefined ? length !== 1 : !removed.has(axis)));
}

/** Without a permutation the axes are reversed. */
export function transposed(dims: Dims, permutation: Dims | undefined): Dims {
  return permutation?.length === dims.length ? permutation.map((axis) => dims[axis] ?? 1) : dims.toReversed();
}

/** 0 keeps the length of the axis, and -1 takes what is left. */
export function reshaped(dims: Dims, wanted: Dims): Dims {
  const kept = wanted.map((length, axis) => (length === 0 ? (dims[axis] ?? 1) : length));
  const known = product(kept.filter((length) => length !== -1));
  return kept.map((length) => (length === -1 ? product(dims) / Math.max(known, 1) : length));
}

export function flattened(dims: Dims, axis: number): Dims {
  const at = axis < 0 ? axis + dims.length : axis;
  return [product(dims.slice(0, at)), product(dims.slice(at))];
}

export function gathered(dims: Dims, indices: Dims, axis: number): Dims {
  const at = axis < 0 ? axis + dims.length : axis;
  return [...dims.slice(0, at), ...indices, ...dims.slice(at + 1)];
}

function product(dims: Dims): number {
  return dims.reduce((one, other) => one * Math.max(other, 0), 1);
}
