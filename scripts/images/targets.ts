/** A program of an image and what it must say, with neither network nor settings. */
interface Trial {
  readonly entrypoint?: string;
  readonly args: readonly string[];
  /** The program's exit code. */
  readonly code: number;
  readonly says: RegExp;
}

/** A target of the Dockerfile, which becomes an image. */
export interface ImageTarget {
  readonly name: string;
  readonly base: 'node' | 'python';
  /** Largest size of the image with its base, in MB of 10^6 bytes. docs/reference/images.md repeats it. */
  readonly limitMegabytes: number;
  readonly trials: readonly Trial[];
}

/** Settings are read first, so a program that says this was found and loaded. */
const ASKS_FOR_SETTINGS: Trial = { args: [], code: 1, says: /bad configuration: / };

export const IMAGE_TARGETS: readonly ImageTarget[] = [
  {
    name: 'inference',
    base: 'node',
    limitMegabytes: 350,
    trials: [
      ASKS_FOR_SETTINGS,
      // The native library is of this platform.
      {
        entrypoint: 'node',
        args: ['-e', "require('onnxruntime-node'); console.log('loaded')"],
        code: 0,
        says: /loaded/,
      },
      { entrypoint: 'node', args: ['verify.mjs'], code: 2, says: /bad configuration: / },
    ],
  },
  { name: 'operator', base: 'node', limitMegabytes: 270, trials: [ASKS_FOR_SETTINGS] },
  {
    name: 'tools',
    base: 'node',
    limitMegabytes: 270,
    trials: [{ args: ['node', 'kinesis-e2e.mjs', '--help'], code: 0, says: /Usage: kinesis-e2e/ }],
  },
  {
    name: 'kinesis',
    base: 'node',
    limitMegabytes: 270,
    trials: [
      {
        entrypoint: 'node',
        args: ['-e', "require('leveldown'); console.log('loaded')"],
        code: 0,
        says: /loaded/,
      },
    ],
  },
  {
    name: 'training',
    base: 'python',
    limitMegabytes: 1400,
    trials: [{ args: ['--help'], code: 0, says: /Usage: loan-training/ }],
  },
  {
    name: 'mlflow',
    base: 'python',
    limitMegabytes: 1200,
    trials: [{ args: ['--version'], code: 0, says: /mlflow, version/ }],
  },
];

/** @throws Error that lists the targets, if there is none of that name */
export function imageTarget(name: string | undefined): ImageTarget {
  const target = IMAGE_TARGETS.find((known) => known.name === name);
  if (target) return target;
  const names = IMAGE_TARGETS.map((known) => known.name).join(', ');
  throw new Error(`${name ?? 'no name given'}: no such image; there are ${names}`);
}
