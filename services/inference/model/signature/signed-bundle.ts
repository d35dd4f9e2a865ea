import { createHash } from 'node:crypto';
import { z } from 'zod';
import { type Envelope, envelopeSchema, payloadOf } from '../../../shared/statements/envelope.ts';

/**
 * The bundle that OpenSSF Model Signing 1.0 writes: a Sigstore bundle with a DSSE envelope, whose in-toto statement lists
 * the files of a model with their hashes. jobs/training writes the same in Python.
 */

/** Name of the bundle beside MLmodel. The digest covers no file of that name. */
export const SIGNATURE_FILE = 'model.sig';

export const BUNDLE_MEDIA_TYPE = 'application/vnd.dev.sigstore.bundle.v0.3+json';
export const BUNDLE_PAYLOAD_TYPE = 'application/vnd.in-toto+json';
export const STATEMENT_TYPE = 'https://in-toto.io/Statement/v1';
export const PREDICATE_TYPE = 'https://model_signing/signature/v1.0';

/** More files than inference loads, because a bundle may list all files of a directory. */
const FILES_LIMIT = 5_000;

const HASH = /^[0-9a-f]{64}$/;

const bundleSchema = z.object({
  mediaType: z.literal(BUNDLE_MEDIA_TYPE),
  // As Sigstore defines its bundles. Each further signature would have to be tried with each key.
  dsseEnvelope: envelopeSchema.extend({
    signatures: envelopeSchema.shape.signatures.length(1, 'must have one entry'),
  }),
});

/** Other members of the predicate are ignored, as the format demands of its version 1.0. */
const statementSchema = z.object({
  _type: z.literal(STATEMENT_TYPE),
  subject: z
    .array(z.object({ digest: z.object({ sha256: z.string().regex(HASH) }) }))
    .length(1, 'must have one entry'),
  predicateType: z.literal(PREDICATE_TYPE),
  predicate: z.object({
    serialization: z.object({
      method: z.literal('files', 'must be files: sign whole files and not shards'),
      hash_type: z.literal('sha256', 'must be sha256'),
    }),
    resources: z
      .array(
        z.object({
          name: z.string().min(1).max(1_000),
          algorithm: z.literal('sha256', 'must be sha256'),
          digest: z.string().regex(HASH),
        }),
      )
      .min(1)
      .max(FILES_LIMIT),
  }),
});

/** The text is no bundle, or one that cannot be checked here. The message says which member breaks which rule. */
export class BundleError extends Error {
  override readonly name = 'BundleError';
}

/**
 * Reads the envelope of a bundle. The envelope says nothing before its signature is checked.
 * @throws BundleError
 */
export function parseBundle(content: Uint8Array): Envelope {
  const { dsseEnvelope } = parse(bundleSchema, content);
  if (dsseEnvelope.payloadType === BUNDLE_PAYLOAD_TYPE) return dsseEnvelope;
  throw new BundleError(`dsseEnvelope.payloadType must be ${BUNDLE_PAYLOAD_TYPE}`);
}

/**
 * Hex SHA-256 of each signed file, by its path.
 * @throws BundleError
 */
export function signedFiles(envelope: Envelope): ReadonlyMap<string, string> {
  const { subject, predicate } = parse(statementSchema, payloadOf(envelope));
  const { resources } = predicate;
  const files = new Map(resources.map(({ name, digest }) => [name, digest]));
  if (files.size !== resources.length) throw new BundleError('predicate.resources names a file twice');
  const root = createHash('sha256');
  for (const { digest } of resources) root.update(digest, 'hex');
  if (root.digest('hex') === subject[0]?.digest.sha256) return files;
  throw new BundleError('subject.0.digest.sha256 is not the hash over predicate.resources');
}

function parse<Schema extends z.ZodType>(schema: Schema, content: Uint8Array): z.output<Schema> {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(content));
  } catch {
    throw new BundleError('it is not JSON');
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new BundleError(`${issue?.path.join('.') || 'the bundle'}: ${issue?.message}`);
}
