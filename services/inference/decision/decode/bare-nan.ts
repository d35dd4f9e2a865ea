const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const NAN = Buffer.from('NaN');
const NULL = Buffer.from('null');

/**
 * Writes `null` for each bare NaN in JSON text, in one pass over its bytes. Strings stay as they are.
 * Python's json module writes a missing number as a bare NaN, which is not JSON.
 */
export function nullForBareNaN(json: Uint8Array): Uint8Array {
  const result = new Uint8Array(Math.ceil(json.length / NAN.length) * NULL.length);
  let length = 0;
  let inString = false;
  for (let index = 0; index < json.length; index++) {
    const byte = json[index] as number;
    if (!inString && byte === NAN[0] && json[index + 1] === NAN[1] && json[index + 2] === NAN[2]) {
      result.set(NULL, length);
      length += NULL.length;
      index += NAN.length - 1;
      continue;
    }
    result[length++] = byte;
    if (byte === QUOTE) inString = !inString;
    // The byte after a backslash never ends a string.
    else if (inString && byte === BACKSLASH && ++index < json.length)
      result[length++] = json[index] as number;
  }
  return result.subarray(0, length);
}
