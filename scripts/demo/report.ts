import type { LedgerSummary } from './ledger.ts';

export interface DemoReport extends LedgerSummary {
  readonly versionBefore: string;
  readonly versionAfter: string;
  /** Time from the moved alias until the first decision by the new version arrives. null if no such decision came. */
  readonly firstDecisionByNewVersionMilliseconds: number | null;
  readonly totalSeconds: number;
}

/** The report as a table of text. */
export function reportTable(report: DemoReport): string {
  const rows: [string, string][] = [
    ['sent', String(report.sent)],
    ['decided', String(report.predicted)],
    ...Object.entries(report.rejected)
      .toSorted(([left], [right]) => left.localeCompare(right))
      .map(([code, count]): [string, string] => [`dead-lettered: ${code}`, String(count)]),
    ['lost', String(report.lost)],
    ['duplicates', String(report.duplicates)],
    ['answered otherwise than expected', String(report.unexpected)],
    ['latency p50 / p99', `${report.latencyMilliseconds.p50} / ${report.latencyMilliseconds.p99} ms`],
    ['records per second (paced)', String(report.recordsPerSecond)],
    ...Object.entries(report.decisionsByVersion).map(([version, count]): [string, string] => [
      `decisions by version ${version}`,
      String(count),
    ]),
    ['version before / after', `${report.versionBefore} / ${report.versionAfter}`],
    ['alias moved to first decision', `${report.firstDecisionByNewVersionMilliseconds ?? 'never'} ms`],
    ['whole demo', `${report.totalSeconds.toFixed(0)} s`],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `  ${name.padEnd(width)}  ${value.padStart(12)}`).join('\n');
}

/** Each promise of the demo that the run broke, as a sentence. */
export function brokenPromises(report: DemoReport): string[] {
  const broken: string[] = [];
  if (report.lost > 0) broken.push(`${report.lost} applications got neither a decision nor a dead letter`);
  if (report.unexpected > 0)
    broken.push(`${report.unexpected} applications got another answer than expected`);
  if (report.firstDecisionByNewVersionMilliseconds === null) {
    broken.push(`version ${report.versionAfter} decided nothing after its promotion`);
  }
  return broken;
}
