import { createHash, type KeyObject } from 'node:crypto';
import {
  BUNDLE_MEDIA_TYPE,
  BUNDLE_PAYLOAD_TYPE,
  PREDICATE_TYPE,
  STATEMENT_TYPE,
} from '../../../services/inference/model/signature/signed-bundle.ts';
import { keyIdOf, signEnvelope } from '../../../services/shared/statements/envelope.ts';

const sha256 = (content: Uint8Array) => createHash('sha256').update(content).digest('hex');

export interface Resource {
  name: string;
  algorithm: string;
  digest: string;
}

/** The statement of OpenSSF Model Signing about these files. */
export function signingStatement(files: ReadonlyMap<string, Uint8Array>) {
  const resources: Resource[] = [...files]
    .map(([name, content]) => ({ name, algorithm: 'sha256', digest: sha256(content) }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  return {
    _type: STATEMENT_TYPE as string,
    subject: [{ name: 'model', digest: { sha256: rootOf(resources) } }],
    predicateType: PREDICATE_TYPE as string,
    predicate: {
      serialization: {
        method: 'files',
        hash_type: 'sha256',
        allow_symlinks: false,
        ignore_paths: ['model.sig'],
      },
      resources,
    },
  };
}

/** Hash over the hashes of the files, in the order of the list. */
export function rootOf(resources: readonly Resource[]): string {
  return sha256(Buffer.concat(resources.map(({ digest }) => Buffer.from(digest, 'hex'))));
}

/** Wraps a statement as OpenSSF Model Signing does. */
export function bundleOf(
  statement: object,
  key: KeyObject,
  payloadType: string = BUNDLE_PAYLOAD_TYPE,
): Uint8Array {
  const bundle = {
    mediaType: BUNDLE_MEDIA_TYPE,
    verificationMaterial: { publicKey: { hint: keyIdOf(key) }, tlogEntries: [] },
    dsseEnvelope: signEnvelope(payloadType, Buffer.from(JSON.stringify(statement)), key),
  };
  return Buffer.from(JSON.stringify(bundle));
}
