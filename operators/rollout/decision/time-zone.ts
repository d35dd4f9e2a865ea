import { WEEKDAYS } from '../../../services/shared/model-deployment/windows.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
/** Names of time zones in use at once. More would come from many specs that are edited again and again. */
const KEPT_ZONES = 100;

/** What a clock on a wall shows. */
export interface WallTime {
  readonly weekday: (typeof WEEKDAYS)[number];
  /** Minutes since midnight. */
  readonly minute: number;
  /** The shown date and time as if they were UTC, in milliseconds since the epoch. */
  readonly shown: number;
}

/** A time zone of the IANA database, with its changes between summer and winter. */
export class TimeZone {
  static readonly #known = new Map<string, TimeZone>();
  readonly #format: Intl.DateTimeFormat;

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
    const shown = this.#shown(at);
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
      .filter((at) => this.#shown(at) === shown)
      .sort(ascending);
  }

  /** The first time at which clocks of the zone show `shown`, or pass it because they skip it. */
  firstAt(shown: number): number {
    const [first] = this.timesOf(shown);
    return first ?? this.changeBetween(shown - DAY, shown + DAY) ?? shown;
  }

  /** When clocks of the zone are put forward or back, if they are between two times. */
  changeBetween(from: number, to: number): number | undefined {
    const offset = this.#offset(from);
    if (this.#offset(to) === offset) return undefined;
    let [before, after] = [from, to];
    while (after - before > 1) {
      const middle = Math.floor((before + after) / 2);
      if (this.#offset(middle) === offset) before = middle;
      else after = middle;
    }
    return after;
  }

  #offset(at: number): number {
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

function ascending(a: number, b: number): number {
  return a - b;
}
