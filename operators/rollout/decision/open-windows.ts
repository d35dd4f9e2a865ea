import type { AllowedWindow, Freeze, Windows } from '../../../services/shared/model-deployment/windows.ts';
import { WEEKDAYS } from '../../../services/shared/model-deployment/windows.ts';
import { TimeZone } from './time-zone.ts';

const MINUTE = 60_000;
const DAY_MINUTES = 24 * 60;
const DAY = DAY_MINUTES * MINUTE;
/** A window of one day of the week opens again within that time, also if clocks skip it once. */
const DAYS_AHEAD = 15;
/** Days in which the next opening is searched, apart from days that are frozen. More than a year of weekly windows. */
const DAYS_SEARCHED = 400;
/** Freezes that follow each other. There are at most 50, and each is followed by the wait for a window. */
const ROUNDS = 120;

/**
 * Whether a rollout may go on.
 * - `frozen`: by this freeze
 * - `closed`: no allowed window is open
 * - `unreadable`: the time zone is not known
 *
 * `until`: when a rollout may go on again, in milliseconds since the epoch. Undefined if that is not known. To find it
 * takes longer than the rest, and only a message needs it.
 */
export type Opening =
  | { readonly kind: 'open' }
  | { readonly kind: 'frozen'; readonly freeze: Freeze; until(): number | undefined }
  | { readonly kind: 'closed'; until(): number | undefined }
  | { readonly kind: 'unreadable' };

/** @param now in milliseconds since the epoch */
export function openingAt({ timeZone, allowed: windows, freezes = [] }: Windows, now: number): Opening {
  const zone = TimeZone.named(timeZone);
  if (zone === undefined) return { kind: 'unreadable' };
  const allowed = windows?.map(dailyOf);
  const spans = freezes.filter((freeze) => !isLongOver(freeze, now)).map((freeze) => spanOf(zone, freeze));
  const span = spanAt(spans, now);
  const until = () => nextOpening(zone, allowed, spans, now);
  if (span !== undefined) return { kind: 'frozen', freeze: span.freeze, until };
  return isAllowed(zone, allowed, now) ? { kind: 'open' } : { kind: 'closed', until };
}

/** A freeze, and its begin and end in milliseconds since the epoch. */
interface Span {
  readonly freeze: Freeze;
  readonly from: number;
  readonly to: number;
}

function spanOf(zone: TimeZone, freeze: Freeze): Span {
  // A freeze holds in both passes of an hour that clocks repeat.
  return { freeze, from: zone.firstAt(shownBy(freeze.from)), to: zone.endOf(shownBy(freeze.to)) };
}

/** An allowed window, with its times in minutes since midnight. */
interface Daily {
  readonly days: AllowedWindow['days'];
  readonly from: number;
  readonly to: number;
}

function dailyOf({ days, from, to }: AllowedWindow): Daily {
  return { days, from: minuteOf(from), to: minuteOf(to) };
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

function isAllowed(zone: TimeZone, allowed: readonly Daily[] | undefined, at: number): boolean {
  if (allowed === undefined) return true;
  const { weekday, minute } = zone.wallTime(at);
  const yesterday = WEEKDAYS[(WEEKDAYS.indexOf(weekday) + 6) % 7] ?? weekday;
  return allowed.some((window) => {
    const { from, to } = window;
    if (from < to) return opensOn(window, weekday) && from <= minute && minute < to;
    return (opensOn(window, weekday) && from <= minute) || (opensOn(window, yesterday) && minute < to);
  });
}

/** The first time after `now` that is allowed and not frozen. */
function nextOpening(
  zone: TimeZone,
  allowed: readonly Daily[] | undefined,
  spans: readonly Span[],
  now: number,
): number | undefined {
  let [at, days] = [now, 0];
  for (let round = 0; round < ROUNDS && days <= DAYS_SEARCHED; round++) {
    const span = spanAt(spans, at);
    if (span !== undefined) at = span.to;
    else if (isAllowed(zone, allowed, at)) return at;
    else {
      const next = nextAllowed(zone, allowed ?? [], at);
      if (next === undefined) return undefined;
      days += Math.ceil((next - at) / DAY);
      at = next;
    }
  }
  return undefined;
}

/** When a window opens next: at its begin, or where clocks are put forward or back into the window. */
function nextAllowed(zone: TimeZone, allowed: readonly Daily[], at: number): number | undefined {
  const { shown, weekday } = zone.wallTime(at);
  const midnight = Math.floor(shown / DAY) * DAY;
  for (let day = 0; day < DAYS_AHEAD; day++) {
    const date = midnight + day * DAY;
    const name = WEEKDAYS[(WEEKDAYS.indexOf(weekday) + day) % 7] ?? weekday;
    const minutes = new Set(allowed.filter((window) => opensOn(window, name)).map(({ from }) => from));
    const begins = [...minutes].flatMap((minute) => zone.timesOf(date + minute * MINUTE));
    const change = zone.changeBetween(zone.firstAt(date), zone.firstAt(date + DAY));
    const openings = [...begins, ...(change === undefined ? [] : [change])].filter(
      (opening) => opening > at && isAllowed(zone, allowed, opening),
    );
    if (openings.length > 0) return Math.min(...openings);
  }
  return undefined;
}

function opensOn({ days }: Daily, weekday: (typeof WEEKDAYS)[number]): boolean {
  return days === undefined || days.includes(weekday);
}

function minuteOf(text: string): number {
  const [hours = 0, minutes = 0] = text.split(':').map(Number);
  return hours * 60 + minutes;
}

function shownBy(local: string): number {
  return Date.parse(`${local}:00Z`);
}
