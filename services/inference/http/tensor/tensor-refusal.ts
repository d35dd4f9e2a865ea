import { quoteValue } from '../../decision/decode/field-decoder.ts';
import { InferenceError } from '../inference-error.ts';

/** A refusal of one input: `input "Gender" has …`. */
export function inputRefusal(name: string, what: string): InferenceError {
  return new InferenceError(400, `input ${shownName(name)} ${what}`);
}

export function wrongValue(name: string, value: unknown, rule: string): InferenceError {
  return inputRefusal(name, `holds ${quoteValue(value)}: it must be ${rule}`);
}

/** A name of the client may be long or hold line ends, so such a name is quoted. */
function shownName(name: string): string {
  return /^[\w.-]{1,64}$/.test(name) ? name : quoteValue(name);
}
