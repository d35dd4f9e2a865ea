import { WEEKDAYS } from '../../../services/shared/model-deployment/windows.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
/** Names of time zones in use at once. More would come from many specs that are edited again and again. */
const KEPT_ZONES = 100;
/** Days whose offset is kept, for each zone. The windows and freezes of a spec ask about fewer. */
const KEPT_DAYS = 2_000;

/** What a clock on a wall shows. */
export interface WallTime {
  readonly weekday: (typeof WEEKDAYS)[number];
  /** Minutes since midnight. */
  readonly minute: number;
  /** The shown date and time as if they were UTC, in milliseconds since the epoch. */
  readonly shown: number;
}

/** The offsets of a day in UTC. Clocks change once at most. */
interface OffsetsOfDay {
  readonly before: number;
  /** When clocks are put forward or back. Infinite if they are not. */
  readonly changeAt: number;
  readonly after: number;
}

/**
 * A time zone of the IANA database, with its changes between summer and winter. To ask Intl takes 10 µs or more, so each day
 * is asked about once.
 */
export class TimeZone {
  static readonly #known = new Map<string, TimeZone>();
  readonly #format: Intl.DateTimeFormat;
  readonly #days = new Map<number, OffsetsOfDay>();

  private constructor(name: string) {
    this.#format = new Intl.DateTimeFormat('en-US', {
      timeZone: name,
      calendar: 'iso8601',
      numberingSystem: 'latn',
      hourCycle: 'h23',
      era: 'short',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  }

  /** Undefined if the name is not known. Making a format is slow, so each is made once. */
  static named(name: string): TimeZone | undefined {
    const known = TimeZone.#known.get(name);
    if (known !== undefined) return known;
    try {
      const zone = new TimeZone(name);
      if (TimeZone.#known.size >= KEPT_ZONES) TimeZone.#known.clear();
      TimeZone.#known.set(name, zone);
      return zone;
    } catch (error) {
      if (error instanceof RangeError) return undefined;
      throw error;
    }
  }

  /** What clocks of the zone show at a time, in milliseconds since the epoch. */
  wallTime(at: number): WallTime {
    const shown = at + this.#offset(at);
    const sinceMidnight = shown - Math.floor(shown / DAY) * DAY;
    const weekday = WEEKDAYS[(Math.floor(shown / DAY) + 3) % 7] ?? 'Mon';
    return { weekday, minute: Math.floor(sinceMidnight / MINUTE), shown };
  }

  /** The times at which clocks of the zone show `shown`: two in an hour that is repeated, none in an hour that is skipped. */
  timesOf(shown: number): number[] {
    // Offsets lie between -12 h and +14 h.
    const offsets = new Set([shown - DAY, shown + DAY].map((at) => this.#offset(at)));
    return [...offsets]
      .map((offset) => shown - offset)
      .filter((at) => at + this.#offset(at) === shown)
      .sort(ascending);
  }

  /** The first time at which clocks of the zone show `shown`, or pass it because they skip it. */
  firstAt(shown: number): number {
    const [first] = this.timesOf(shown);
    return first ?? this.changeBetween(shown - DAY, shown + DAY) ?? shown;
  }

  /** The end of all times at which clocks of the zone show less than `shown`. */
  endOf(shown: number): number {
    const before = (at: number) => at - 1 + this.#offset(at - 1);
    // Clocks that are put back to `shown` showed more just before.
    return this.timesOf(shown).findLast((at) => before(at) < shown) ?? this.firstAt(shown);
  }

  /** When clocks of the zone are put forward or back, if they are between two times. */
  changeBetween(from: number, to: number): number | undefined {
    if (this.#offset(to) === this.#offset(from)) return undefined;
    return changeOf((at) => this.#offset(at), from, to);
  }

  #offset(at: number): number {
    const { before, changeAt, after } = this.#offsetsOf(Math.floor(at / DAY));
    return at < changeAt ? before : after;
  }

  #offsetsOf(day: number): OffsetsOfDay {
    const known = this.#days.get(day);
    if (known !== undefined) return known;
    const [begin, end] = [day * DAY, (day + 1) * DAY];
    const before = this.#days.get(day - 1)?.after ?? this.#ask(begin);
    const after = this.#days.get(day + 1)?.before ?? this.#ask(end);
    const changeAt =
      before === after ? Number.POSITIVE_INFINITY : changeOf((at) => this.#ask(at), begin, end);
    if (this.#days.size >= KEPT_DAYS) this.#days.clear();
    const offsets = { before, changeAt, after };
    this.#days.set(day, offsets);
    return offsets;
  }

  #ask(at: number): number {
    return this.#shown(at) - at;
  }

  #shown(at: number): number {
    const parts: Record<string, number> = {};
    for (const { type, value } of this.#format.formatToParts(at)) parts[type] = Number(value);
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
    const milliseconds = at - Math.floor(at / 1000) * 1000;
    return Date.UTC(year, month - 1, day, hour, minute, second) + milliseconds;
  }
}

/** When the offset changes, between two times with different offsets. */
function changeOf(offsetAt: (at: number) => number, from: number, to: number): number {
  const offset = offsetAt(from);
  let [before, after] = [from, to];
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (offsetAt(middle) === offset) before = middle;
    else after = middle;
  }
  return after;
}

function ascending(a: number, b: number): number {
  return a - b;
}
