import { LENGTH_DELIMITED, MalformedMessage, MessageReader } from '../../../shared/message-reader.ts';
import { ATTRIBUTE, FUNCTION, GRAPH, MODEL, NODE, OPSET, SPARSE, VALUE_INFO } from './onnx-fields.ts';
import {
  countVarints,
  readDims,
  readTensor,
  readText,
  readVarints,
  type TensorOutline,
} from './tensor-outline.ts';

/** Bytes from `start` to before `end` of the file. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

export interface AttributeOutline {
  readonly name: string;
  /** The int, or the first of the ints. */
  readonly ints: readonly number[];
  /** Number of values in the lists of ints and strings. */
  readonly labels: number;
  readonly tensors: readonly TensorOutline[];
  readonly graphs: readonly GraphOutline[];
}

export interface NodeOutline extends Range {
  readonly operator: string;
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: readonly AttributeOutline[];
}

/** A constant of the graph: one tensor, or those of a sparse tensor. */
interface InitializerOutline extends Range {
  readonly name: string;
  readonly tensors: readonly TensorOutline[];
}

/** An input or an output of the graph. */
export interface ValueOutline extends Range {
  readonly name: string;
}

/** Range of the whole field, tag included, and of the message in it. The same holds for the parts. */
export interface GraphOutline extends Range {
  readonly message: Range;
  readonly nodes: readonly NodeOutline[];
  readonly initializers: readonly InitializerOutline[];
  readonly inputs: readonly ValueOutline[];
  readonly outputs: readonly ValueOutline[];
  /** What the file says about tensors between nodes. */
  readonly valueInfos: readonly Range[];
}

/** What a server must know of a graph before onnxruntime loads it. */
export interface ModelOutline {
  /** More than one if the file repeats the field. A reader merges them. */
  readonly graphs: readonly GraphOutline[];
  /** Nodes of the functions that the file defines. */
  readonly functions: readonly NodeOutline[];
  /** Domains whose operators the file imports. */
  readonly domains: readonly string[];
  /** Number of messages and names. */
  readonly parts: number;
}

/** Graphs in graphs. protobuf itself reads no deeper messages. */
const DEPTH_LIMIT = 24;
/** A shape has few dimensions. */
const INTS_LIMIT = 64;
/** A part of two bytes costs much more memory than it has bytes, so their number is limited too. */
const PARTS_LIMIT = 500_000;

/**
 * Reads the outline of an ONNX file. Weights are neither read nor copied.
 * @throws MalformedMessage
 */
export function readOutline(bytes: Uint8Array): ModelOutline {
  const outline = new OutlineReader(bytes);
  return outline.model();
}

class OutlineReader {
  readonly #bytes: Uint8Array;
  #parts = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  model(): ModelOutline {
    const graphs: GraphOutline[] = [];
    const functions: NodeOutline[] = [];
    const domains: string[] = [];
    this.#each({ start: 0, end: this.#bytes.length }, (field, message, start) => {
      if (field === MODEL.graph) graphs.push(this.#graph(message, start, 0));
      if (field === MODEL.opsetImport) domains.push(this.#domain(message));
      if (field === MODEL.functions) functions.push(...this.#functionNodes(message));
    });
    return { graphs, functions, domains, parts: this.#parts };
  }

  #graph(message: Range, start: number, depth: number): GraphOutline {
    if (depth > DEPTH_LIMIT) throw new MalformedMessage(`graphs are nested more than ${DEPTH_LIMIT} deep`);
    const nodes: NodeOutline[] = [];
    const initializers: InitializerOutline[] = [];
    const inputs: ValueOutline[] = [];
    const outputs: ValueOutline[] = [];
    const valueInfos: Range[] = [];
    const initializer = (tensors: TensorOutline[], field: Range) =>
      // The indices of a sparse tensor have no name, and may come first.
      initializers.push({ name: tensors.find(({ name }) => name !== '')?.name ?? '', tensors, ...field });
    this.#each(message, (number, range, fieldStart) => {
      const field = { start: fieldStart, end: range.end };
      if (number === GRAPH.node) nodes.push(this.#node(range, fieldStart, depth));
      if (number === GRAPH.initializer) initializer([readTensor(this.#bytes, range)], field);
      if (number === GRAPH.sparseInitializer) initializer(this.#sparseTensor(range), field);
      if (number === GRAPH.input) inputs.push({ name: this.#text(range, VALUE_INFO.name), ...field });
      if (number === GRAPH.output) outputs.push({ name: this.#text(range, VALUE_INFO.name), ...field });
      if (number === GRAPH.valueInfo) valueInfos.push(field);
    });
    return { start, end: message.end, message, nodes, initializers, inputs, outputs, valueInfos };
  }

  #node(message: Range, start: number, depth: number): NodeOutline {
    const inputs: string[] = [];
    const outputs: string[] = [];
    const attributes: AttributeOutline[] = [];
    let [operator, domain] = ['', ''];
    this.#each(message, (field, range) => {
      if (field === NODE.input) inputs.push(readText(this.#bytes, range));
      if (field === NODE.output) outputs.push(readText(this.#bytes, range));
      if (field === NODE.operator) operator = readText(this.#bytes, range);
      if (field === NODE.domain) domain = readText(this.#bytes, range);
      if (field === NODE.attribute) attributes.push(this.#attribute(range, depth));
    });
    return { start, end: message.end, operator, domain, inputs, outputs, attributes };
  }

  #attribute(message: Range, depth: number): AttributeOutline {
    const tensors: TensorOutline[] = [];
    const graphs: GraphOutline[] = [];
    const ints: number[] = [];
    let [name, labels] = ['', 0];
    const reader = new MessageReader(this.#bytes, message.start, message.end);
    while (reader.next()) {
      const { field } = reader;
      const range = { start: reader.start, end: reader.position };
      const packed = reader.wireType === LENGTH_DELIMITED;
      if (field === ATTRIBUTE.name && packed) name = readText(this.#bytes, range);
      if (field === ATTRIBUTE.int || field === ATTRIBUTE.ints)
        readVarints(this.#bytes, reader, ints, INTS_LIMIT);
      if (field === ATTRIBUTE.ints) labels += packed ? countVarints(this.#bytes, range) : 1;
      if (field === ATTRIBUTE.strings) labels++;
      if (!packed) continue;
      if (field === ATTRIBUTE.tensor || field === ATTRIBUTE.tensors) {
        this.#count();
        tensors.push(readTensor(this.#bytes, range));
      }
      if (field === ATTRIBUTE.sparseTensor || field === ATTRIBUTE.sparseTensors) {
        tensors.push(...this.#sparseTensor(range));
      }
      if (field === ATTRIBUTE.graph || field === ATTRIBUTE.graphs) {
        graphs.push(this.#graph(range, range.start, depth + 1));
      }
    }
    return { name, ints, labels, tensors, graphs };
  }

  /** The tensors of a sparse tensor, and the dense tensor that onnxruntime makes of it. */
  #sparseTensor(message: Range): TensorOutline[] {
    const tensors: TensorOutline[] = [];
    const dims: number[] = [];
    const reader = new MessageReader(this.#bytes, message.start, message.end);
    while (reader.next()) {
      const range = { start: reader.start, end: reader.position };
      const packed = reader.wireType === LENGTH_DELIMITED;
      if (reader.field === SPARSE.dims) readDims(this.#bytes, reader, dims);
      else if (packed && (reader.field === SPARSE.values || reader.field === SPARSE.indices)) {
        this.#count();
        tensors.push(readTensor(this.#bytes, range));
      }
    }
    const [values] = tensors;
    return values === undefined
      ? []
      : [...tensors, { ...values, dims, location: undefined, numbers: undefined, storedBytes: 0 }];
  }

  #functionNodes(message: Range): NodeOutline[] {
    const nodes: NodeOutline[] = [];
    this.#each(message, (field, range, start) => {
      if (field === FUNCTION.node) nodes.push(this.#node(range, start, 0));
    });
    return nodes;
  }

  #domain(message: Range): string {
    return this.#text(message, OPSET.domain);
  }

  /** Text of the message's field, or `''`. */
  #text(message: Range, wanted: number): string {
    let text = '';
    this.#each(message, (field, range) => {
      if (field === wanted) text = readText(this.#bytes, range);
    });
    return text;
  }

  /** Calls `receive` with each message or text of `message`, its range, and the start of its tag. */
  #each({ start, end }: Range, receive: (field: number, range: Range, fieldStart: number) => void): void {
    const reader = new MessageReader(this.#bytes, start, end);
    for (let fieldStart = start; reader.next(); fieldStart = reader.position) {
      this.#count();
      if (reader.wireType !== LENGTH_DELIMITED) continue;
      receive(reader.field, { start: reader.start, end: reader.position }, fieldStart);
    }
  }

  #count(): void {
    this.#parts++;
    if (this.#parts > PARTS_LIMIT) throw new MalformedMessage(`the graph has more than ${PARTS_LIMIT} parts`);
  }
}
