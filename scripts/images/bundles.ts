import { build, type Metafile } from 'esbuild';

/** A bundle of an image: the programs in it, and where its files go. */
interface Bundle {
  readonly programs: Readonly<Record<string, string>>;
  /** Folder below the output folder. */
  readonly folder: string;
  readonly splitting: boolean;
}

const BUNDLES: readonly Bundle[] = [
  {
    programs: {
      inference: 'services/inference/main.ts',
      verify: 'services/inference/verify.ts',
      'kinesis-e2e': 'scripts/kinesis-e2e.ts',
      secrets: 'scripts/install/secrets.ts',
      streams: 'scripts/install/streams.ts',
      kinesis: 'scripts/stack/kinesalite-server.ts',
    },
    folder: '.',
    splitting: false,
  },
  // Split, so that the operator reads the AWS SDK only if it has to sign a query. The SDK's text costs 10 MB of memory.
  { programs: { rollout: 'operators/rollout/main.ts' }, folder: 'operator', splitting: true },
];

/** Some bundled CommonJS packages call `require`, which ES modules do not have. */
const DEFINE_REQUIRE =
  "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);";

/**
 * Bundles the programs of the images, into `directory` if it is given.
 * @returns what esbuild put into each file
 */
export async function bundlePrograms(root: string, directory?: string): Promise<Metafile['outputs']> {
  const outputs: Metafile['outputs'] = {};
  for (const { programs, folder, splitting } of BUNDLES) {
    const { metafile } = await build({
      absWorkingDir: root,
      entryPoints: Object.entries(programs).map(([name, path]) => ({ in: path, out: name })),
      bundle: true,
      splitting,
      platform: 'node',
      target: 'node24',
      format: 'esm',
      outExtension: { '.js': '.mjs' },
      outdir: `${directory ?? `${root}/bundles`}/${folder}`,
      write: directory !== undefined,
      external: ['onnxruntime-node'],
      sourcemap: true,
      sourcesContent: false,
      logLevel: 'warning',
      banner: { js: DEFINE_REQUIRE },
      metafile: true,
    });
    Object.assign(outputs, metafile.outputs);
  }
  return outputs;
}
