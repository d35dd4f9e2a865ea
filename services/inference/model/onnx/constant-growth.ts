import { elementBytes } from './element-bytes.ts';
import type { AttributeOutline, GraphOutline, ModelOutline, NodeOutline } from './graph-outline.ts';
import { flattened, gathered, reshaped, squeezed, transposed, unsqueezed } from './reshaped.ts';

/** What is known of a constant. */
interface Constant {
  readonly dims: readonly number[];
  readonly bytes: number;
  /** Values, if they are few. */
  readonly numbers: readonly number[] | undefined;
}

/** Constants by name. A nested graph also sees those of the graph around it, which are not copied: there may be many. */
class Scope {
  readonly #own = new Map<string, Constant>();
  readonly #around: Scope | undefined;

  constructor(around?: Scope) {
    this.#around = around;
  }

  get(name: string): Constant | undefined {
    return this.#own.get(name) ?? this.#around?.get(name);
  }

  set(name: string, constant: Constant): void {
    this.#own.set(name, constant);
  }
}

/** Constants of a node's inputs, in order. Undefined: not a constant, or not known. */
type Inputs = readonly (Constant | undefined)[];

const FLOAT_BYTES = 4;
const INT64_BYTES = 8;

/**
 * Bytes of the constants that nodes make of smaller constants, such as Expand and ConstantOfShape. onnxruntime computes them
 * while it loads the graph, so a few bytes of a file may become gigabytes.
 */
export function constantGrowthBytes({ graphs, functions }: ModelOutline): number {
  const scope = new Scope();
  const bytes = graphs.reduce((sum, graph) => sum + graphBytes(graph, scope), 0);
  return bytes + nodesBytes(functions, new Scope());
}

function graphBytes({ initializers, nodes }: GraphOutline, scope: Scope): number {
  for (const { tensors } of initializers) {
    for (const { name, dims, dataType, numbers } of tensors) {
      scope.set(name, { dims, bytes: elementBytes(dataType), numbers });
    }
  }
  return nodesBytes(nodes, scope);
}

function nodesBytes(nodes: readonly NodeOutline[], scope: Scope): number {
  let sum = 0;
  for (const node of nodes) {
    for (const { graphs } of node.attributes) {
      for (const graph of graphs) sum += graphBytes(graph, new Scope(scope));
    }
    const made = evaluate(
      node,
      node.inputs.map((input) => scope.get(input)),
    );
    const [output] = node.outputs;
    if (made === undefined || output === undefined) continue;
    scope.set(output, made);
    if (node.operator !== 'Constant') sum += elementsOf(made.dims) * made.bytes;
  }
  return sum;
}

/** Number of elements. A dimension below 0 is refused by onnxruntime, so it counts as none. */
export function elementsOf(dims: readonly number[]): number {
  return dims.reduce((product, length) => product * Math.max(length, 0), 1);
}

function evaluate(node: NodeOutline, inputs: Inputs): Constant | undefined {
  const [first, second, third] = inputs;
  switch (node.operator) {
    case 'Constant':
      return constantOf(node.attributes);
    case 'ConstantOfShape': {
      const [value] = node.attributes.flatMap(({ tensors }) => tensors);
      const bytes = value === undefined ? FLOAT_BYTES : elementBytes(value.dataType);
      return first?.numbers && { dims: first.numbers, bytes, numbers: undefined };
    }
    case 'Expand':
      return second?.numbers && grown(first, broadcast([first?.dims ?? [], second.numbers]));
    case 'Tile':
      return (
        second?.numbers &&
        grown(
          first,
          second.numbers.map((repeat, axis) => repeat * (first?.dims[axis] ?? 1)),
        )
      );
    case 'Range':
      return rangeOf(first, second, third);
    case 'OneHot':
      return first && second?.numbers && grown(third, [...first.dims, second.numbers[0] ?? 0]);
    case 'Pad':
      return first && second?.numbers && grown(first, padded(first.dims, second.numbers));
    case 'Reshape':
      return first && second?.numbers && { ...first, dims: reshaped(first.dims, second.numbers) };
    case 'Unsqueeze':
      return first && shaped(first, unsqueezed(first.dims, second?.numbers ?? ints(node, 'axes')));
    case 'Squeeze':
      return first && shaped(first, squeezed(first.dims, second?.numbers ?? ints(node, 'axes')));
    case 'Transpose':
      return first && shaped({ ...first, numbers: undefined }, transposed(first.dims, ints(node, 'perm')));
    case 'Flatten':
      return first && shaped(first, flattened(first.dims, ints(node, 'axis')?.[0] ?? 1));
    case 'Gather':
      return first && second && gatheredOf(first, second, ints(node, 'axis')?.[0] ?? 0);
    case 'Gemm':
      return first && second && grown(first, gemm(node, first.dims, second.dims));
    case 'Shape':
      return first && { dims: [first.dims.length], bytes: INT64_BYTES, numbers: first.dims };
    case 'Concat':
      return concatenated(inputs);
    case 'Identity':
    case 'Cast':
      return first;
    case 'MatMul':
      return first && second && grown(first, [...first.dims.slice(0, -1), ...second.dims.slice(-1)]);
    case 'Mul':
      return elementwise(inputs, (one, other) => one * other);
    case 'Add':
      return elementwise(inputs, (one, other) => one + other);
    default:
      if (OF_EQUAL_SHAPE.has(node.operator)) return first && { ...first, numbers: undefined };
      return ELEMENTWISE.has(node.operator) ? elementwise(inputs, undefined) : undefined;
  }
}

const ELEMENTWISE = new Set(
  'Sub Div Pow Mod Min Max Mean Sum And Or Xor Equal Less LessOrEqual Greater GreaterOrEqual Where PRelu'.split(
    ' ',
  ),
);

/** Operators whose output has the shape of their first input. */
const OF_EQUAL_SHAPE = new Set(
  'Abs Neg Exp Log Sqrt Sin Cos Tan Floor Ceil Round Sign Not Sigmoid Tanh Relu Erf Reciprocal CumSum Softmax Trilu Clip'.split(
    ' ',
  ),
);

function shaped(constant: Constant, dims: readonly number[] | undefined): Constant | undefined {
  return dims && { ...constant, dims };
}

function ints({ attributes }: NodeOutline, name: string): readonly number[] | undefined {
  return attributes.find((attribute) => attribute.name === name)?.ints;
}

function gatheredOf(data: Constant, indices: Constant, axis: number): Constant {
  const { numbers } = data;
  const count = numbers?.length ?? 0;
  return {
    dims: gathered(data.dims, indices.dims, axis),
    bytes: data.bytes,
    numbers:
      numbers && data.dims.length === 1
        ? indices.numbers?.map((index) => numbers[index < 0 ? index + count : index] ?? 0)
        : undefined,
  };
}

function gemm(node: NodeOutline, left: readonly number[], right: readonly number[]): number[] {
  const rows = left[ints(node, 'transA')?.[0] ? 1 : 0] ?? 1;
  const columns = right[ints(node, 'transB')?.[0] ? 0 : 1] ?? 1;
  return [rows, columns];
}

function constantOf(attributes: readonly AttributeOutline[]): Constant | undefined {
  for (const { name, tensors, ints, labels } of attributes) {
    const tensor = tensors.at(-1);
    if (tensor !== undefined) {
      return { dims: tensor.dims, bytes: elementBytes(tensor.dataType), numbers: tensor.numbers };
    }
    if (name === 'value_int') return { dims: [], bytes: INT64_BYTES, numbers: ints };
    if (name === 'value_ints') {
      return { dims: [labels], bytes: INT64_BYTES, numbers: ints.length === labels ? ints : undefined };
    }
  }
  return undefined;
}

/** A constant of `dims`. Of data that is no constant, onnxruntime makes as much at the first run. */
function grown(data: Constant | undefined, dims: readonly number[]): Constant {
  return { dims, bytes: data?.bytes ?? FLOAT_BYTES, numbers: undefined };
}

function rangeOf(
  start: Constant | undefined,
  limit: Constant | undefined,
  delta: Constant | undefined,
): Constant | undefined {
  const [from, to, step] = [start?.numbers?.[0], limit?.numbers?.[0], delta?.numbers?.[0]];
  if (from === undefined || to === undefined || step === undefined || step === 0) return undefined;
  return { dims: [Math.ceil((to - from) / step)], bytes: start?.bytes ?? INT64_BYTES, numbers: undefined };
}

function padded(dims: readonly number[], pads: readonly number[]): number[] {
  return dims.map((length, axis) => length + (pads[axis] ?? 0) + (pads[axis + dims.length] ?? 0));
}

function concatenated(inputs: Inputs): Constant | undefined {
  const known = inputs.filter((input) => input !== undefined);
  const [first] = known;
  if (first === undefined || known.length < inputs.length) return undefined;
  const numbers = known.flatMap((input) => input.numbers ?? [Number.NaN]);
  const elements = known.reduce((sum, { dims }) => sum + elementsOf(dims), 0);
  return { ...first, dims: [elements], numbers: numbers.some(Number.isNaN) ? undefined : numbers };
}

function elementwise(
  inputs: Inputs,
  compute: ((one: number, other: number) => number) | undefined,
): Constant | undefined {
  const known = inputs.filter((input) => input !== undefined);
  const [first, second] = known;
  if (first === undefined || known.length < inputs.length) return undefined;
  const numbers =
    compute &&
    first.numbers?.map((one, index, { length }) => {
      const other = second?.numbers ?? [];
      return other.length === length || other.length === 1
        ? compute(one, other[other.length === 1 ? 0 : index] as number)
        : Number.NaN;
    });
  return {
    dims: broadcast(known.map(({ dims }) => dims)),
    bytes: greatest(known.map(({ bytes }) => bytes)),
    numbers: numbers?.some(Number.isNaN) ? undefined : numbers,
  };
}

function broadcast(shapes: readonly (readonly number[])[]): number[] {
  const rank = greatest(shapes.map(({ length }) => length));
  return Array.from({ length: rank }, (_, axis) =>
    greatest(shapes.map((dims) => dims[axis - rank + dims.length] ?? 1)),
  );
}

/** A node may have more inputs than a call may have arguments. */
function greatest(numbers: readonly number[]): number {
  return numbers.reduce((one, other) => Math.max(one, other), 0);
}
