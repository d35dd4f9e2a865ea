import type { ServingContract } from '../../../services/shared/contract/serving-contract.ts';
import { encodeOnnx, type Graph, type GraphNode } from './onnx-graph.ts';

type OutputForm = '[N]' | '[N, 1]' | '[N, 2]' | '[N, 3]' | '[]';

export interface ForeignGraphOptions {
  /** Form of the values. @default '[N, 1]' */
  readonly form?: OutputForm;
  /** Shape that the graph declares. @default that of the form */
  readonly declared?: readonly (number | string)[];
  readonly type?: 'float32' | 'float64' | 'int64';
  /** Name of the graph's input. @default 'x' */
  readonly input?: string;
  /** Rows of the input. @default 'N' */
  readonly rows?: string | number;
  /** Factor of the score. Above 1 it leaves [0, 1]. @default 1 */
  readonly factor?: number;
}

const DECLARED: Readonly<Record<OutputForm, readonly (number | string)[]>> = {
  '[N]': ['N'],
  '[N, 1]': ['N', 1],
  '[N, 2]': ['N', 2],
  '[N, 3]': ['N', 3],
  '[]': [],
};
const ELEMENT_TYPES = { float32: 1, int64: 7, float64: 11 } as const;

/** A graph of one input, whose probability is factor × x. [N, 2] has the columns 1 - p, p. */
export function foreignGraph(options: ForeignGraphOptions = {}): Graph {
  const { form = '[N, 1]', type = 'float32', input = 'x', rows = 'N', factor = 1 } = options;
  const declared = options.declared ?? DECLARED[form];
  return {
    inputs: [{ name: input, type: 'float32', shape: [rows, 1] }],
    outputs: [{ name: 'p', type, shape: declared }],
    initializers: [
      { name: 'factor', shape: [1], values: [factor] },
      { name: 'one', shape: [1], values: [1] },
    ],
    nodes: [
      { operator: 'Mul', inputs: [input, 'factor'], output: 'positive' },
      { operator: 'Sub', inputs: ['one', 'positive'], output: 'negative' },
      ...shaped(form),
      { operator: 'Cast', inputs: ['shaped'], output: 'p', attributes: { to: { int: ELEMENT_TYPES[type] } } },
    ],
  };
}

function shaped(form: OutputForm): GraphNode[] {
  const output = 'shaped';
  const join = (inputs: readonly string[]): GraphNode[] => [
    { operator: 'Concat', inputs, output, attributes: { axis: { int: 1 } } },
  ];
  switch (form) {
    case '[N, 1]':
      return [{ operator: 'Identity', inputs: ['positive'], output }];
    case '[N, 2]':
      return join(['negative', 'positive']);
    case '[N, 3]':
      return join(['negative', 'positive', 'negative']);
    case '[N]':
      return [{ operator: 'Squeeze', inputs: ['positive'], output }];
    case '[]':
      return [{ operator: 'ReduceMean', inputs: ['positive'], output, attributes: { keepdims: { int: 0 } } }];
  }
}

export const FOREIGN_CONTRACT: ServingContract = {
  schemaVersion: 1,
  output: 'p',
  decision: { name: 'leaves', positiveClass: 'leaves', negativeClass: 'stays', threshold: 0.5 },
  fields: [{ name: 'x', type: 'number', required: true, minimum: 0, maximum: 1 }],
  reference: { rows: 1, fields: {}, probability: { edges: [0.5], shares: [0.3, 0.7], missing: 0 } },
  background: [{ x: 0.5 }],
  golden: [0.25, 0.75, 0.5].map((x) => ({ input: { x }, probability: x })),
};

/** The files of a version that somebody else logged. */
export function foreignArtifact(
  graph: Graph | Uint8Array,
  contract: Partial<ServingContract> | undefined = {},
  columns: readonly string[] = [],
): Map<string, Uint8Array> {
  const signature = JSON.stringify(columns.map((name) => ({ type: 'double', name })));
  const mlmodel = `flavors: {onnx: {data: model.onnx}}\nsignature: {inputs: '${signature}'}\n`;
  return new Map([
    ['MLmodel', Buffer.from(mlmodel)],
    ['model.onnx', graph instanceof Uint8Array ? graph : encodeOnnx(graph)],
    ...(contract === undefined
      ? []
      : ([['serving.json', Buffer.from(JSON.stringify({ ...FOREIGN_CONTRACT, ...contract }))]] as const)),
  ]);
}
