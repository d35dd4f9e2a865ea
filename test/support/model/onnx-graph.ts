import protobuf from 'protobufjs';

// The part of https://github.com/onnx/onnx/blob/main/onnx/onnx.proto that the graphs below need.
const { root } = protobuf.parse(
  `
  syntax = "proto3";
  message AttributeProto {
    string name = 1; float f = 2; int64 i = 3;
    TensorProto t = 5; GraphProto g = 6; repeated float floats = 7; repeated int64 ints = 8; repeated bytes strings = 9; int32 type = 20;
  }
  message NodeProto {
    repeated string input = 1; repeated string output = 2; string op_type = 4;
    repeated AttributeProto attribute = 5; string domain = 7;
  }
  message StringStringEntryProto { string key = 1; string value = 2; }
  message TensorProto {
    repeated int64 dims = 1; int32 data_type = 2; repeated float float_data = 4; string name = 8;
    repeated int64 int64_data = 7; repeated StringStringEntryProto external_data = 13; int32 data_location = 14;
  }
  message SparseTensorProto { TensorProto values = 1; TensorProto indices = 2; repeated int64 dims = 3; }
  message Dimension { int64 dim_value = 1; string dim_param = 2; }
  message TensorShapeProto { repeated Dimension dim = 1; }
  message TensorTypeProto { int32 elem_type = 1; TensorShapeProto shape = 2; }
  message TypeProto { TensorTypeProto tensor_type = 1; }
  message ValueInfoProto { string name = 1; TypeProto type = 2; }
  message GraphProto {
    repeated NodeProto node = 1; string name = 2; repeated TensorProto initializer = 5;
    repeated SparseTensorProto sparse_initializer = 15;
    repeated ValueInfoProto input = 11; repeated ValueInfoProto output = 12;
    repeated ValueInfoProto value_info = 13;
  }
  message OperatorSetIdProto { string domain = 1; int64 version = 2; }
  message ModelProto { int64 ir_version = 1; GraphProto graph = 7; repeated OperatorSetIdProto opset_import = 8; }
`,
  { keepCase: true },
);

const ELEMENT_TYPES = {
  float32: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  string: 8,
  bool: 9,
  float16: 10,
  float64: 11,
  uint32: 12,
  uint64: 13,
} as const;
const FLOAT_ATTRIBUTE = 1;
const INT_ATTRIBUTE = 2;
const FLOATS_ATTRIBUTE = 6;
const GRAPH_ATTRIBUTE = 5;
const INTS_ATTRIBUTE = 7;
const STRINGS_ATTRIBUTE = 8;

interface GraphValue {
  readonly name: string;
  readonly type: keyof typeof ELEMENT_TYPES;
  /** A string names a symbolic dimension. */
  readonly shape: readonly (number | string)[];
}

export interface GraphNode {
  readonly operator: string;
  readonly domain?: 'ai.onnx.ml';
  readonly inputs: readonly string[];
  readonly output: string;
  /** Outputs after the first. @default none */
  readonly moreOutputs?: readonly string[];
  readonly attributes?: Readonly<
    Record<
      string,
      | { readonly float: number }
      | { readonly int: number }
      | { readonly floats: readonly number[] }
      | { readonly ints: readonly number[] }
      | { readonly strings: readonly string[] }
      | { readonly graph: Graph }
    >
  >;
}

interface GraphInitializer {
  readonly name: string;
  readonly shape: readonly number[];
  /** The values, or the name of a file beside the graph. The file holds them as little-endian floats. */
  readonly values: readonly number[] | { readonly externalPath: string };
  /** @default 'float32' */
  readonly type?: 'float32' | 'int64' | 'string';
}

export interface Graph {
  readonly inputs: readonly GraphValue[];
  readonly outputs: readonly GraphValue[];
  readonly nodes: readonly GraphNode[];
  readonly initializers: readonly GraphInitializer[];
  /** Constants of which only the values at some places are not 0. @default none */
  readonly sparse?: readonly {
    readonly name: string;
    readonly shape: readonly [number];
    readonly values: readonly number[];
    readonly places: readonly number[];
  }[];
  /** What the file says about tensors between nodes. @default nothing */
  readonly valueInfos?: readonly GraphValue[];
}

/** Serialises a graph as an ONNX model file. A file of version 3 names each initializer as an input too. */
export function encodeOnnx(
  graph: Graph,
  domains: readonly string[] = ['', 'ai.onnx.ml'],
  irVersion = 8,
): Uint8Array {
  return encodeModel({
    ir_version: irVersion,
    opset_import: domains.map((domain) => ({ domain, version: domain === '' ? 17 : 3 })),
    graph: { name: 'test', ...graphMessage(graph) },
  });
}

/** An ONNX model file with more nodes at its end. A parser merges messages that follow each other. */
export function extendOnnx(model: Uint8Array, addition: Graph): Uint8Array {
  return Buffer.concat([model, encodeModel({ graph: graphMessage(addition) })]);
}

function encodeModel(message: object): Uint8Array {
  return root.lookupType('ModelProto').encode(message).finish();
}

function graphMessage(graph: Graph): object {
  return {
    input: graph.inputs.map(valueInfo),
    output: graph.outputs.map(valueInfo),
    sparse_initializer: (graph.sparse ?? []).map(({ name, shape, values, places }) => ({
      values: { name, dims: [values.length], data_type: ELEMENT_TYPES.float32, float_data: values },
      indices: { dims: [places.length], data_type: ELEMENT_TYPES.int64, int64_data: places },
      dims: shape,
    })),
    value_info: graph.valueInfos?.map(valueInfo) ?? [],
    node: graph.nodes.map((node) => ({
      op_type: node.operator,
      domain: node.domain ?? '',
      input: node.inputs,
      output: [node.output, ...(node.moreOutputs ?? [])],
      attribute: Object.entries(node.attributes ?? {}).map(attribute),
    })),
    initializer: graph.initializers.map(({ name, shape, values, type = 'float32' }) => ({
      name,
      dims: shape,
      data_type: ELEMENT_TYPES[type],
      ...('externalPath' in values
        ? { data_location: 1, external_data: [{ key: 'location', value: values.externalPath }] }
        : { [type === 'int64' ? 'int64_data' : 'float_data']: values }),
    })),
  };
}

function valueInfo({ name, type, shape }: GraphValue) {
  const dim = shape.map((length) =>
    typeof length === 'number' ? { dim_value: length } : { dim_param: length },
  );
  return { name, type: { tensor_type: { elem_type: ELEMENT_TYPES[type], shape: { dim } } } };
}

function attribute([name, value]: [string, NonNullable<GraphNode['attributes']>[string]]): object {
  if ('float' in value) return { name, f: value.float, type: FLOAT_ATTRIBUTE };
  if ('int' in value) return { name, i: value.int, type: INT_ATTRIBUTE };
  if ('floats' in value) return { name, floats: value.floats, type: FLOATS_ATTRIBUTE };
  if ('ints' in value) return { name, ints: value.ints, type: INTS_ATTRIBUTE };
  if ('graph' in value) {
    return { name, g: { name: 'nested', ...graphMessage(value.graph) }, type: GRAPH_ATTRIBUTE };
  }
  return { name, strings: value.strings.map((text) => Buffer.from(text)), type: STRINGS_ATTRIBUTE };
}
