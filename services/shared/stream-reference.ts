import { z } from 'zod';

/** A Kinesis stream as a setting gives it: by name, or by ARN. Only an ARN can give a stream of another account. */
export interface StreamReference {
  readonly name: string;
  /** Undefined if the stream is given by name. Then it is in the account of the credentials. */
  readonly home?: { readonly partition: string; readonly region: string; readonly account: string };
}

const RULE =
  'must be a Kinesis stream name (1 to 128 letters, digits, _ . -) or an ARN, arn:aws:kinesis:REGION:ACCOUNT:stream/NAME';
/** No ARN of a stream is longer: a name has at most 128 characters, a region 32. */
const LONGEST = 256;
const NAME = /^[\w.-]{1,128}$/;
const PARTITION = /^aws(-cn|-us-gov|-eusc|-iso|-iso-[a-z])?$/;
const REGION = /^[a-z0-9-]{1,32}$/;
const ACCOUNT = /^\d{12}$/;
const RESOURCE = 'stream/';

/** @returns undefined if `text` is neither a name nor an ARN */
export function parseStream(text: string): StreamReference | undefined {
  if (text.length > LONGEST) return undefined;
  if (NAME.test(text)) return { name: text };
  const [arn, partition = '', service, region = '', account = '', resource = '', ...rest] = text.split(':');
  if (arn !== 'arn' || service !== 'kinesis' || rest.length > 0 || !resource.startsWith(RESOURCE)) return;
  const name = resource.slice(RESOURCE.length);
  const isValid =
    PARTITION.test(partition) && REGION.test(region) && ACCOUNT.test(account) && NAME.test(name);
  return isValid ? { name, home: { partition, region, account } } : undefined;
}

/** The name of a stream, given by its name or ARN. Ids, dead letters, metrics and logs say the name, whichever was given. */
export function streamNameOf(stream: string): string {
  return stream.slice(stream.lastIndexOf('/') + 1);
}

/** The ARN of a stream. Undefined if the stream is given by name, which holds no colon. */
export function streamArnOf(stream: string): string | undefined {
  return stream.includes(':') ? stream : undefined;
}

/** The member of a Kinesis request that says of which stream it is. */
export function streamMember(
  stream: string,
): { readonly StreamName: string } | { readonly StreamARN: string } {
  const arn = streamArnOf(stream);
  return arn === undefined ? { StreamName: stream } : { StreamARN: arn };
}

/**
 * The same for requests that have a token or an iterator, which already tells the stream of a name. Kinesis needs the ARN
 * beside a token of another account's stream.
 */
export function arnMember(stream: string): { readonly StreamARN?: string } {
  const arn = streamArnOf(stream);
  return arn === undefined ? {} : { StreamARN: arn };
}

/** A setting that gives a stream. It stays the text that was given. */
export function streamSetting() {
  return z.stringFormat('stream', (text) => parseStream(text) !== undefined, RULE);
}
