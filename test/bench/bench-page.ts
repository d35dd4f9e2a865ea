import { type BenchRow, benchTable } from './bench-table.ts';

export interface BenchReport {
  /** Day of the run, for example `2026-11-28`. */
  readonly date: string;
  readonly machine: string;
  /** Commit that the run compares with. */
  readonly before?: string;
  /** Core that the processes of a measurement shared. Undefined if none was pinned. */
  readonly sharedCore: number | undefined;
  readonly rows: readonly BenchRow[];
}

const INTRODUCTION = `\`make bench BENCH=--publish\` writes this page. Each group holds the service beside its peers, measured in the same run.
The column "beside" is the ratio to the first row of the group.
CPU time counts the whole process, so other work on the machine hardly changes it. Rates and waits depend on the machine.

\`make bench BENCH="--before=REV stream"\` measures the revision REV in the same run, and adds its values and the ratio to them.
Compare two revisions only in one run: the same code differs by 10 % from run to run on a shared machine.
\`make bench BENCH=--help\` lists the options.

![groups of benchmarks with two or more rows](benchmarks.svg)`;

/** Date and machine of the run, in one line. */
export function benchCaption({ date, machine, before }: BenchReport): string {
  return [date, machine, ...(before === undefined ? [] : [`before: revision ${before}`])].join(', ');
}

/** The table, and the conditions that a reader needs to compare it with another table. */
export function benchText(report: BenchReport): string {
  const conditions = [
    'Streams come from an emulator on loopback. It speaks plain HTTP, except in the row "over TLS". AWS always speaks TLS.',
    report.sharedCore === undefined
      ? 'No process was pinned to a core, because this machine has no taskset. Repeats may differ by 13 %.'
      : 'The consumer of a stream and its server shared one core. Processes that score without a stream ran on that core too.',
    'An HTTP server had a core of its own, and its client had another core.',
  ];
  return `${benchTable(report.rows)}\n\n${benchCaption(report)}\n\n${conditions.join('\n')}`;
}

/** The page that is published. */
export function benchPage(report: BenchReport): string {
  return `# Benchmarks\n\n${INTRODUCTION}\n\n${benchText(report)}\n`;
}
