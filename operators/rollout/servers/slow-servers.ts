import type { Clock } from '../../../services/shared/clock.ts';

/** A call that fails faster costs nobody any time. */
const SLOW_MILLISECONDS = 1_000;
/** A single caller may ask for something that is too expensive. Two callers show that the server itself hangs. */
const CALLERS = 2;
const BASE_MILLISECONDS = 1_000;
const MAXIMUM_MILLISECONDS = 10_000;
/** Specs may name ever new paths of one host. */
const MAXIMUM_SERVERS = 1_000;

interface Slowness {
  /** Who waited in vain since the last answer. */
  readonly callers: ReadonlySet<string>;
  readonly message: string;
  /** Number of times in which the server was left alone. */
  readonly pauses: number;
  readonly pausedAt: number;
  readonly retryAt: number;
}

/** One call to a server. `Answer` has a value for a server that does not answer. */
export interface ServerCall<Answer> {
  readonly server: string;
  readonly caller: string;
  /** Calls with the same group try the server again together. Undefined: the call is alone. */
  readonly group?: object | undefined;
  readonly run: () => Promise<Answer>;
  /** Why the answer is none. Undefined if the server answered. */
  readonly failureOf: (answer: Answer) => string | undefined;
  /** The answer to give instead of a call. */
  readonly withoutCall: (message: string) => Answer;
}

/**
 * Knows which servers hang, so that not each of their users waits for a time-out. Once two callers waited in vain, the
 * others get that failure at once. After a back-off one caller tries again.
 */
export class SlowServers {
  readonly #clock: Clock;
  readonly #slow = new Map<string, Slowness>();
  /** Time of the last answer of each server. */
  readonly #answeredAt = new Map<string, number>();
  /** Servers that one group tries again. */
  readonly #tried = new Map<string, object>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async call<Answer>(call: ServerCall<Answer>): Promise<Answer> {
    const { server, run, failureOf, withoutCall } = call;
    const startedAt = this.#clock.monotonic();
    const slow = this.#slow.get(server);
    const hangs = slow !== undefined && slow.pauses > 0;
    const group = call.group ?? call;
    const trying = this.#tried.get(server);
    const mayTry = trying === undefined ? startedAt >= (slow?.retryAt ?? 0) : trying === group;
    if (hangs && !mayTry) return withoutCall(slow.message);
    const isFirst = hangs && trying === undefined;
    if (isFirst) this.#tried.set(server, group);
    try {
      const answer = await run();
      const failure = failureOf(answer);
      const waited = this.#clock.monotonic() - startedAt;
      if (failure === undefined || waited < SLOW_MILLISECONDS) this.#noteAnswer(server);
      else if (!this.#hasAnsweredSince(server, startedAt)) {
        this.#note(server, call.caller, failure, startedAt);
      }
      return answer;
    } finally {
      if (isFirst) this.#tried.delete(server);
    }
  }

  #noteAnswer(server: string): void {
    this.#slow.delete(server);
    this.#answeredAt.delete(server);
    this.#answeredAt.set(server, this.#clock.monotonic());
    const [oldest] = this.#answeredAt.keys();
    if (oldest !== undefined && this.#answeredAt.size > MAXIMUM_SERVERS) this.#answeredAt.delete(oldest);
  }

  /** Another caller got an answer meanwhile, so only this question is too expensive. */
  #hasAnsweredSince(server: string, startedAt: number): boolean {
    return (this.#answeredAt.get(server) ?? Number.NEGATIVE_INFINITY) >= startedAt;
  }

  #note(server: string, caller: string, message: string, startedAt: number): void {
    const before = this.#slow.get(server);
    // The call began before the server was known to hang, so it tells nothing new.
    if (before !== undefined && before.pauses > 0 && startedAt < before.pausedAt) return;
    const callers = new Set([...(before?.callers ?? []), caller]);
    const now = this.#clock.monotonic();
    const pauses = before?.pauses ?? 0;
    const pause = Math.min(MAXIMUM_MILLISECONDS, BASE_MILLISECONDS * 2 ** pauses);
    const left =
      callers.size >= CALLERS ? { pauses: pauses + 1, pausedAt: now, retryAt: now + pause } : undefined;
    this.#slow.set(server, { callers, message, ...(left ?? { pauses: 0, pausedAt: now, retryAt: now }) });
  }
}
