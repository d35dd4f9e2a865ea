import { createHash } from 'node:crypto';
import { z } from 'zod';

/** Files of one version. `downloadModelArtifact` takes 1,000 files of weights, and a few more. */
const FILES = 1_100;
const LISTINGS = 20;
/** Names of a listing. A folder of an artifact may hold files that no load reads. */
const LISTED = 20_000;

/** Largest file of a manifest. */
export const MANIFEST_LIMIT_BYTES = 16 * 1024 * 1024;

/** A larger file is a graph or weights, which the digest of the version covers. A hash of its own would cost as much again. */
export const HASHED_BYTES = 16 * 1024 * 1024;

const bytes = z
  .int()
  .min(0)
  .max(2 ** 40);
const path = z.string().min(1).max(4_096);

const contentSchema = z.strictObject({
  format: z.literal(1),
  digest: z.string().regex(/^sha256:[0-9a-f]{64}$/),
  name: z.string().max(1_000),
  version: z.string().regex(/^\d{1,20}$/),
  runId: z.string().max(1_000),
  /** The version's tag `digest`. */
  tag: z.string().max(5_000).optional(),
  listings: z
    .array(
      z.strictObject({
        directory: path.optional(),
        files: z.array(z.strictObject({ path, sizeBytes: bytes })).max(LISTED),
      }),
    )
    .max(LISTINGS),
  /** The files, in the order of their names on disk: 0, 1, 2. No path of an artifact is a path on disk. */
  files: z.array(z.strictObject({ path, sizeBytes: bytes, sha256: z.string().optional() })).max(FILES),
});

/** What the registry said about a version, and which file on disk holds which file of its artifact. */
export type Manifest = z.output<typeof contentSchema>;

const manifestSchema = z.strictObject({ content: contentSchema, sha256: z.string() });

export function encodeManifest(content: Manifest): string {
  return JSON.stringify({ content, sha256: checksum(content) });
}

/** Undefined if the text is damaged, or was written by another release. */
export function parseManifest(text: string): Manifest | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const parsed = manifestSchema.safeParse(value);
  if (!parsed.success || parsed.data.sha256 !== checksum(parsed.data.content)) return undefined;
  return parsed.data.content;
}

/** Over the values in the order of the schema. */
function checksum(content: Manifest): string {
  return sha256(new TextEncoder().encode(JSON.stringify(contentSchema.parse(content))));
}

export function sha256(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
