import { Refusal, UsageError } from '../command-line/usage-error.ts';
import { duration, isoTime } from '../command-line/words.ts';

const TIME = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d)(?:\.\d{1,6})?)?(?:Z|[+-](\d\d):(\d\d))$/;

/** True if the text has the form of a time. The time itself may be impossible. */
export function isTime(text: string): boolean {
  return TIME.test(text);
}

/**
 * Milliseconds since the epoch. `Date.parse` takes February 30 for March 2, so each part is checked first.
 * @throws UsageError that names the option, the value and the rule
 */
export function parseTime(option: string, text: string): number {
  const parts = TIME.exec(text);
  if (parts === null)
    throw new UsageError(`${option} ${text}: must be a time with its zone, such as 2026-01-31T12:00:00Z`);
  const problem = problemOf(parts.slice(1).map((part) => Number(part ?? 0)));
  if (problem !== undefined) throw new UsageError(`${option} ${text}: there is no such time, ${problem}`);
  return Date.parse(text);
}

/** @throws Refusal if the time has not come yet */
export function assertPast(option: string, milliseconds: number, nowMilliseconds: number): void {
  if (milliseconds > nowMilliseconds)
    throw new Refusal(
      `${option} ${isoTime(milliseconds)} is ${duration(milliseconds - nowMilliseconds)} ahead: give a time that has passed`,
    );
}

function problemOf(parts: readonly number[]): string | undefined {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, zoneHour = 0, zoneMinute = 0] =
    parts;
  // Day 0 of the next month is the last day of this month.
  const days = new Date(Date.UTC(year, month, 0)).getUTCDate();
  const rules: readonly (readonly [boolean, string])[] = [
    [month >= 1 && month <= 12, 'the month must be 01 to 12'],
    [day >= 1 && day <= days, `the day must be 01 to ${days} in this month`],
    [hour <= 23, 'the hour must be 00 to 23'],
    [minute <= 59, 'the minute must be 00 to 59'],
    [second <= 59, 'the second must be 00 to 59'],
    [zoneHour <= 23 && zoneMinute <= 59, 'the zone must be at most 23:59'],
  ];
  return rules.find(([holds]) => !holds)?.[1];
}
