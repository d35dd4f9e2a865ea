import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { BenchReport } from './bench-report.ts';

/** The last published report of each benchmark, by the name of the benchmark. */
export type PublishedReports = Readonly<Record<string, BenchReport>>;

/** JSON has no NaN, so a value that could not be measured is null. */
const value = z.union([z.number(), z.null().transform(() => Number.NaN)]);

const reports = z.record(
  z.string(),
  z.strictObject({
    date: z.iso.date(),
    machine: z.string(),
    before: z.string().exactOptional(),
    conditions: z.array(z.string()),
    rows: z.array(
      z.strictObject({
        group: z.string(),
        what: z.string(),
        value,
        unit: z.string(),
        before: value.exactOptional(),
      }),
    ),
  }),
);

/** @throws Error if the file does not hold such reports */
export function readPublished(file: string): PublishedReports {
  try {
    return reports.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    throw new Error(
      `--publish: cannot read ${file}: ${(error as Error).message}. Take the file of the last commit.`,
      { cause: error },
    );
  }
}

/**
 * The measured reports in place of the published reports of the same benchmarks. The others stay.
 * @param known names of all benchmarks, in the order of the page. A report of another benchmark is dropped.
 */
export function mergePublished(
  published: PublishedReports,
  measured: PublishedReports,
  known: readonly string[],
): PublishedReports {
  const all = { ...published, ...measured };
  return Object.fromEntries(known.flatMap((name) => (all[name] === undefined ? [] : [[name, all[name]]])));
}
