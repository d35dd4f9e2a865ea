import type { Metafile } from 'esbuild';
import type { NpmLock } from './npm-lock.ts';

/** What the Dockerfile puts into a Node image beside its own sources. */
interface NodeContents {
  /** Bundles by the beginning of their files' paths. */
  readonly bundles: readonly string[];
  /** Packages that are copied as they are, without what they depend on. */
  readonly copied?: readonly string[];
  /** Packages that are copied with all that they depend on. */
  readonly installed?: readonly string[];
}

const CONTENTS: Readonly<Record<string, NodeContents>> = {
  inference: {
    bundles: ['inference.mjs', 'verify.mjs'],
    copied: ['onnxruntime-node', 'onnxruntime-common', 'swagger-ui-dist'],
  },
  operator: { bundles: ['operator/'] },
  tools: { bundles: ['secrets.mjs', 'streams.mjs', 'kinesis-e2e.mjs'] },
  kinesis: { bundles: ['kinesis.mjs'], installed: ['kinesalite'] },
};

/**
 * Folders of the npm packages in a Node image. A bundle holds a package if a byte of the package is in it.
 * @param outputs what esbuild put into each file below `bundles/`
 */
export function nodePackages(target: string, outputs: Metafile['outputs'], lock: NpmLock): Set<string> {
  const contents = CONTENTS[target];
  if (contents === undefined) throw new Error(`${target} is no Node image`);
  const files = Object.entries(outputs).filter(
    ([path]) =>
      path.endsWith('.mjs') && contents.bundles.some((bundle) => path.startsWith(`bundles/${bundle}`)),
  );
  const bundled = files.flatMap(([, { inputs }]) =>
    Object.entries(inputs).flatMap(([file, { bytesInOutput }]) =>
      bytesInOutput > 0 ? (lock.folderOf(file) ?? []) : [],
    ),
  );
  return new Set([
    ...bundled,
    ...(contents.copied ?? []).map((name) => `node_modules/${name}`),
    ...(contents.installed ?? []).flatMap((name) => [...lock.closureOf(name)]),
  ]);
}
