import type { AllowedWindow, Freeze, Windows } from '../../../services/shared/model-deployment/windows.ts';
import { WEEKDAYS } from '../../../services/shared/model-deployment/windows.ts';
import { TimeZone } from './time-zone.ts';

const MINUTE = 60_000;
const DAY_MINUTES = 24 * 60;
const DAY = DAY_MINUTES * MINUTE;
/** A window of one day of the week opens again within that time, also if clocks skip it once. */
const DAYS_AHEAD = 15;
/** Freezes that follow each other. There are at most 50, and each is followed by the wait for a window. */
const ROUNDS = 120;

/**
 * Whether a rollout may go on.
 * - `frozen`: by this freeze
 * - `closed`: no allowed window is open
 * - `unreadable`: the time zone is not known
 *
 * `until`: when a rollout may go on again, in milliseconds since the epoch. Undefined if that is not known.
 */
export type Opening =
  | { readonly kind: 'open' }
  | { readonly kind: 'frozen'; readonly freeze: Freeze; readonly until: number | undefined }
  | { readonly kind: 'closed'; readonly until: number | undefined }
  | { readonly kind: 'unreadable' };

/** @param now in milliseconds since the epoch */
export function openingAt({ timeZone, allowed, freezes = [] }: Windows, now: number): Opening {
  const zone = TimeZone.named(timeZone);
  if (zone === undefined) return { kind: 'unreadable' };
  const spans = freezes.filter((freeze) => !isLongOver(freeze, now)).map((freeze) => spanOf(zone, freeze));
  const span = spanAt(spans, now);
  const until = () => nextOpening(zone, allowed, spans, now);
  if (span !== undefined) return { kind: 'frozen', freeze: span.freeze, until: until() };
  return isAllowed(zone, allowed, now) ? { kind: 'open' } : { kind: 'closed', until: until() };
}

/** A freeze, and its begin and end in milliseconds since the epoch. */
interface Span {
  readonly freeze: Freeze;
  readonly from: number;
  readonly to: number;
}

function spanOf(zone: TimeZone, freeze: Freeze): Span {
  return { freeze, from: zone.firstAt(shownBy(freeze.from)), to: zone.firstAt(shownBy(freeze.to)) };
}

/** Saves the conversion of old freezes. No time zone is further than a day from UTC. */
function isLongOver({ to }: Freeze, now: number): boolean {
  return shownBy(to) + DAY < now;
}

/** The freeze that ends last, of those that hold at this time. */
function spanAt(spans: readonly Span[], at: number): Span | undefined {
  return spans
    .filter(({ from, to }) => from <= at && at < to)
    .reduce<Span | undefined>((last, span) => (last && last.to >= span.to ? last : span), undefined);
}

function isAllowed(zone: TimeZone, allowed: readonly AllowedWindow[] | undefined, at: number): boolean {
  if (allowed === undefined) return true;
  const { weekday, minute } = zone.wallTime(at);
  const yesterday = WEEKDAYS[(WEEKDAYS.indexOf(weekday) + 6) % 7] ?? weekday;
  return allowed.some((window) => {
    const { from, to } = minutesOf(window);
    if (from < to) return opensOn(window, weekday) && from <= minute && minute < to;
    return (opensOn(window, weekday) && from <= minute) || (opensOn(window, yesterday) && minute < to);
  });
}

/** The first time after `now` that is allowed and not frozen. */
function nextOpening(
  zone: TimeZone,
  allowed: readonly AllowedWindow[] | undefined,
  spans: readonly Span[],
  now: number,
): number | undefined {
  let at = now;
  for (let round = 0; round < ROUNDS; round++) {
    const span = spanAt(spans, at);
    if (span !== undefined) at = span.to;
    else if (isAllowed(zone, allowed, at)) return at;
    else {
      const next = nextAllowed(zone, allowed ?? [], at);
      if (next === undefined) return undefined;
      at = next;
    }
  }
  return undefined;
}

/** When a window opens next: at its begin, or where clocks are put forward or back into the window. */
function nextAllowed(zone: TimeZone, allowed: readonly AllowedWindow[], at: number): number | undefined {
  const { shown } = zone.wallTime(at);
  const midnight = Math.floor(shown / DAY) * DAY;
  for (let day = 0; day < DAYS_AHEAD; day++) {
    const date = midnight + day * DAY;
    const begins = allowed.flatMap(({ from }) => zone.timesOf(date + minuteOf(from) * MINUTE));
    const change = zone.changeBetween(zone.firstAt(date), zone.firstAt(date + DAY));
    const openings = [...begins, ...(change === undefined ? [] : [change])].filter(
      (opening) => opening > at && isAllowed(zone, allowed, opening),
    );
    if (openings.length > 0) return Math.min(...openings);
  }
  return undefined;
}

function opensOn({ days }: AllowedWindow, weekday: (typeof WEEKDAYS)[number]): boolean {
  return days === undefined || days.includes(weekday);
}

function minutesOf({ from, to }: AllowedWindow): { from: number; to: number } {
  return { from: minuteOf(from), to: minuteOf(to) };
}

function minuteOf(text: string): number {
  const [hours = 0, minutes = 0] = text.split(':').map(Number);
  return hours * 60 + minutes;
}

function shownBy(local: string): number {
  return Date.parse(`${local}:00Z`);
}
