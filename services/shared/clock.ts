/** Source of time. It is injected, so that tests control the time. */
export interface Clock {
  /** Wall-clock time, milliseconds since the epoch. It may jump, so use it for timestamps only. */
  now(): number;
  /** Monotonic time in milliseconds from an arbitrary start, for durations and deadlines. */
  monotonic(): number;
  /** Resolves after `milliseconds`; rejects with the signal's reason as soon as `signal` aborts. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
}

const NOT_AWAITED = new Error('nobody awaits the end of this sleep');

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: (milliseconds, signal) =>
    signal === undefined ? sleepOn(milliseconds) : sleepUnlessAborted(milliseconds, signal),
};

function sleepOn(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
}

/** The promises of node:timers make an error with a stack trace for each abort: 10 µs, and most deadlines are aborted. */
function sleepUnlessAborted(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    }, milliseconds);
    signal.addEventListener('abort', onAbort, { once: true });
  });
}

/** Aborts the signal of a sleep that nobody awaits any more. Without a reason, `abort` makes an error with a stack trace. */
export function endSleep(controller: AbortController): void {
  controller.abort(NOT_AWAITED);
}
