import type { Transition } from '../../services/shared/model-deployment/status.ts';
import type { LedgerSummary } from '../demo/ledger.ts';

export interface RolloutReport extends LedgerSummary {
  /** Versions that served, in order. */
  readonly served: readonly string[];
  readonly refused: { readonly version: string; readonly reason: string };
  readonly transitions: readonly Transition[];
  readonly totalSeconds: number;
}

/** Each promise of the demo that the run broke, as a sentence. */
export function brokenRolloutPromises(report: RolloutReport): string[] {
  const broken: string[] = [];
  if (report.lost > 0) broken.push(`${report.lost} applications got neither a decision nor a dead letter`);
  if (report.unexpected > 0)
    broken.push(`${report.unexpected} applications got another answer than expected`);
  for (const version of report.served) {
    if (!report.decisionsByVersion[version]) broken.push(`version ${version} decided nothing`);
  }
  const { version } = report.refused;
  const decided = report.decisionsByVersion[version] ?? 0;
  if (decided > 0) broken.push(`version ${version} was refused, and decided ${decided} applications`);
  return broken;
}

/** What became of the applications, as lines of text. */
export function accountLines(report: RolloutReport): string[] {
  const byVersion = Object.entries(report.decisionsByVersion).map(
    ([version, count]) => `version ${version}: ${count}`,
  );
  const rejected = Object.values(report.rejected).reduce((sum, count) => sum + count, 0);
  return [
    `${report.sent} applications: ${report.predicted} decided, ${rejected} invalid, ${report.lost} lost, ${report.duplicates} answered twice`,
    `decided by ${byVersion.join(', ')}`,
    `latency p50 / p99: ${report.latencyMilliseconds.p50} / ${report.latencyMilliseconds.p99} ms; whole demo: ${report.totalSeconds.toFixed(0)} s`,
  ];
}
