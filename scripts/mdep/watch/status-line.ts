import { timeOfDay } from '../draw/time-text.ts';
import type { RolloutView } from '../view/rollout-view.ts';

/** The status in one line. */
export function lineOf(view: RolloutView, now: number): string {
  const { phase = 'Waiting', headline } = view;
  return [
    timeOfDay(new Date(now).toISOString(), now),
    phase.padEnd('AwaitingApproval'.length),
    headline,
    ...notes(view),
  ].join('  ');
}

/** Equal for two views that differ in nothing but ages and values of measurements. */
export function changeOf(view: RolloutView): string {
  const { phase, headline, versions } = view;
  return JSON.stringify([
    phase,
    headline,
    versions.map(({ version, percent }) => [version, percent]),
    notes(view),
  ]);
}

function notes({ waits, refused, troubles }: RolloutView): string[] {
  return [
    ...(refused === undefined ? [] : [`[${refused.reason}: ${refused.message}]`]),
    ...waits.map(({ reason, message }) => `[${reason}: ${message}]`),
    ...troubles.map(({ reason, message }) => `[${reason}: ${message}]`),
  ];
}
