import { benchChart } from './bench-chart.ts';
import type { BenchReport } from './bench-report.ts';
import { benchTable } from './bench-table.ts';
import type { PublishedReports } from './published-reports.ts';

/** Cores to which the processes of a run were pinned. */
interface Cores {
  readonly sharedCore: number | undefined;
  readonly clientCore: number | undefined;
}

const INTRODUCTION = `\`make bench BENCH=--publish\` writes this page. \`make bench BENCH="--publish stream"\` writes the rows of one benchmark and keeps the others.
Each table names its benchmarks, its day and its machine. Each group holds the service beside its peers, measured in the same run.
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

/** The conditions of a run on these cores. */
export function benchConditions({ sharedCore, clientCore }: Cores): readonly string[] {
  return [
    'Streams come from an emulator on loopback. It speaks plain HTTP, except in the row "over TLS". AWS always speaks TLS.',
    ...(sharedCore === undefined
      ? ['No process was pinned to a core, because this machine has no taskset. Repeats may differ by 13 %.']
      : [
          'The consumer of a stream and its server shared one core. Processes that score without a stream ran on that core too.',
          clientCore === undefined
            ? 'An HTTP server and its client shared that core, because the run was allowed no other core.'
            : 'An HTTP server had a core of its own, and its client had another core.',
        ]),
  ];
}

/** The table, its date and machine, and its conditions. */
export function benchText(report: BenchReport): string {
  return [benchTable(report.rows), benchCaption(report), ...paragraph(report.conditions)].join('\n\n');
}

/** The page that is published. Benchmarks of one run share a table. */
export function benchPage(published: PublishedReports): string {
  const runs = Map.groupBy(Object.entries(published), ([, { rows, ...run }]) => JSON.stringify(run));
  const sections = [...runs.values()].map((parts) => {
    const names = parts.map(([name]) => name).join(', ');
    const [[, first]] = parts as [[string, BenchReport]];
    return `## ${names}\n\n${benchText({ ...first, rows: parts.flatMap(([, { rows }]) => rows) })}`;
  });
  return `# Benchmarks\n\n${[INTRODUCTION, ...sections].join('\n\n')}\n`;
}

/** The picture on that page. */
export function publishedChart(published: PublishedReports): string {
  const reports = Object.values(published);
  const [caption = '', ...others] = new Set(reports.map(benchCaption));
  const rows = reports.flatMap((report) => report.rows);
  return benchChart(rows, others.length === 0 ? caption : 'The page has the day and machine of each group.');
}

function paragraph(sentences: readonly string[]): readonly string[] {
  return sentences.length === 0 ? [] : [sentences.join('\n')];
}
