import { isUtf8 } from 'node:buffer';
import { wrongValue } from './tensor-refusal.ts';

const LENGTH_BYTES = 4;

/** Texts that one input may have. Each costs an object, and a body of 8 MiB could hold 2 million. */
const TEXTS_LIMIT = 400_000;

/**
 * Reads texts, each after its length in 4 little-endian bytes.
 * @returns the texts, or why they cannot be read
 */
export function decodeTexts(bytes: Uint8Array): readonly string[] | { readonly refusal: string } {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const texts: string[] = [];
  for (let offset = 0; offset < bytes.length; ) {
    const left = bytes.length - offset - LENGTH_BYTES;
    if (left < 0) return { refusal: `ends inside of the length of text ${texts.length}` };
    const length = buffer.readUInt32LE(offset);
    if (length > left) {
      return { refusal: `gives text ${texts.length} a length of ${length} bytes, but ${left} are left` };
    }
    if (texts.length === TEXTS_LIMIT) return { refusal: `has more than ${TEXTS_LIMIT} texts` };
    offset += LENGTH_BYTES;
    const text = buffer.toString('utf8', offset, offset + length);
    // Bytes that are not UTF-8 become U+FFFD. Only a text with that character needs the slower check.
    if (text.includes('\ufffd') && !isUtf8(buffer.subarray(offset, offset + length))) {
      return { refusal: `has a text ${texts.length} that is not UTF-8` };
    }
    texts.push(text);
    offset += length;
  }
  return texts;
}

/** Writes texts in the form that `decodeTexts` reads. */
export function encodeTexts(texts: readonly string[]): Uint8Array {
  const lengths = texts.map((text) => Buffer.byteLength(text));
  const bytes = Buffer.allocUnsafe(lengths.reduce((sum, length) => sum + LENGTH_BYTES + length, 0));
  let offset = 0;
  texts.forEach((text, index) => {
    offset = bytes.writeUInt32LE(lengths[index] as number, offset);
    offset += bytes.write(text, offset);
  });
  return bytes;
}

/**
 * A text that the graph gets as it is. onnxruntime-node cuts a text at its first NUL, and writes U+FFFD for half a
 * character.
 * @throws InferenceError (400) that names the input
 */
export function checkedText(name: string, text: string): string {
  if (text.includes('\0'))
    throw wrongValue(name, text, 'a text without NUL, because onnxruntime cuts a text at a NUL');
  if (!text.isWellFormed()) throw wrongValue(name, text, 'a text without half a surrogate pair');
  return text;
}
