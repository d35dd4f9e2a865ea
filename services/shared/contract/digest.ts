import { createHash } from 'node:crypto';

/** Artifact path (relative to the artifact root, `/`-separated) to content. */
export type ArtifactFiles = ReadonlyMap<string, Uint8Array>;

/**
 * Digest of the files that a model version serves: `sha256:` and the hex SHA-256 over one line for each file,
 * `<path> <hex SHA-256 of the content>\n`, sorted by path.
 * The files are the graph, serving.json, the files of weights that the graph names, and any `*.data` file.
 * MLmodel is not among the files, because MLflow writes ids and times into it.
 */
export function artifactDigest(files: ArtifactFiles): string {
  const listing = [...files]
    .map(([path, content]) => `${path} ${createHash('sha256').update(content).digest('hex')}\n`)
    .sort()
    .join('');
  return `sha256:${createHash('sha256').update(listing).digest('hex')}`;
}
