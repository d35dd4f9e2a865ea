import type { GraphOutline, Range } from './graph-outline.ts';
import { fieldHeader } from './message-writer.ts';
import { MODEL } from './onnx-fields.ts';

/** Bytes that take the place of a range. An empty range inserts the bytes, and empty bytes remove the range. */
export interface Edit extends Range {
  readonly replacement: Uint8Array;
}

/**
 * The file with parts of its graphs replaced. All other bytes are kept.
 * @param edits ranges inside of `graphs` that do not overlap, in any order
 */
export function editGraphs(
  bytes: Uint8Array,
  graphs: readonly GraphOutline[],
  edits: readonly Edit[],
): Uint8Array {
  const sorted = edits.toSorted((one, other) => one.start - other.start);
  const pieces: Uint8Array[] = [];
  let [position, next] = [0, 0];
  for (const { start, end, message } of graphs) {
    const first = next;
    while (next < sorted.length && (sorted[next] as Edit).start <= message.end) next++;
    pieces.push(bytes.subarray(position, start), ...editedGraph(bytes, message, sorted.slice(first, next)));
    position = end;
  }
  pieces.push(bytes.subarray(position));
  return Buffer.concat(pieces);
}

function editedGraph(bytes: Uint8Array, message: Range, edits: readonly Edit[]): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  let position = message.start;
  for (const { start, end, replacement } of edits) {
    pieces.push(bytes.subarray(position, start), replacement);
    position = end;
  }
  pieces.push(bytes.subarray(position, message.end));
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  return [fieldHeader(MODEL.graph, length), ...pieces];
}
