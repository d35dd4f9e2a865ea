import { hash } from 'node:crypto';
import { Refusal } from '../../command-line/usage-error.ts';
import type { Objects } from '../s3-objects.ts';
import type { DeadLetter } from './dead-letter.ts';

/**
 * The payload of a letter, whole. A truncated payload is read from the object that the letter names.
 * @throws Refusal if the object cannot be read, or is not the payload
 */
export async function wholePayload(letter: DeadLetter, objects: Objects): Promise<Uint8Array> {
  const { decision_id, payload_s3_uri: uri, payload_sha256 } = letter;
  if (!letter.payload_truncated || uri === undefined) return Buffer.from(letter.payload, 'base64');
  const of = `payload of dead letter ${decision_id}, ${uri}`;
  const data = await objects.read(uri).catch((error: Error) => {
    throw new Refusal(
      `${of}: cannot be read: ${error.name}: ${error.message}. Correct it and start again: the ledger knows what is done`,
    );
  });
  if (hash('sha256', data) === payload_sha256) return data;
  throw new Refusal(`${of}: the object does not have the payload_sha256 of the dead letter`);
}
