import { parseArgs } from 'node:util';

export interface BenchOptions {
  readonly help: boolean;
  readonly publish: boolean;
  /** Revision to compare with. */
  readonly before?: string;
  /** Undefined: the number of rounds that each benchmark takes by default. */
  readonly rounds?: number;
  /** Texts that the group or the name of a measured row must contain, all of them. */
  readonly only: readonly string[];
  /** Empty: all benchmarks. */
  readonly names: readonly string[];
}

const MOST_ROUNDS = 1_000;

/**
 * Reads the command line of the benchmarks.
 * @param known names of the benchmarks
 * @throws Error that names the argument
 */
export function parseBenchOptions(args: readonly string[], known: readonly string[]): BenchOptions {
  // Whoever asks for help may have other arguments wrong.
  if (args.includes('--help')) return { help: true, publish: false, only: [], names: [] };
  const { values, positionals: names } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      publish: { type: 'boolean', default: false },
      before: { type: 'string' },
      rounds: { type: 'string' },
      only: { type: 'string', multiple: true, default: [] },
    },
  });
  const { publish, before, rounds, only } = values;
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new Error(`there is no benchmark "${unknown}"; choose from: ${known.join(', ')}`);
  }
  if (before === '') throw new Error('--before is empty; give a revision, for example --before=main');
  if (only.includes('')) throw new Error('--only is empty; give a text that the rows contain');
  if (publish && only.length > 0) {
    throw new Error('--publish needs every row of its benchmarks; leave out --only');
  }
  return {
    help: false,
    publish,
    names,
    only,
    ...(before === undefined ? {} : { before }),
    ...(rounds === undefined ? {} : { rounds: roundsOf(rounds) }),
  };
}

function roundsOf(text: string): number {
  const rounds = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (rounds >= 1 && rounds <= MOST_ROUNDS) return rounds;
  throw new Error(`--rounds=${text} is not a whole number from 1 to ${MOST_ROUNDS}`);
}
