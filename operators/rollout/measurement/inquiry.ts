import { fill } from './fill.ts';
import { MetricsError, type MetricsSource, type Sample } from './prometheus.ts';
import type { Subject } from './subject.ts';
import type { Check } from './verdict.ts';

/** Time for all queries of one measurement. A query that hangs must not keep a bad candidate in service. */
const TIMEOUT_MILLISECONDS = 10_000;
/** Time for the other queries once one of them has failed the version. They only add to the message. */
const AFTER_FAILURE_MILLISECONDS = 1_000;

export interface Answer {
  readonly samples: readonly Sample[];
  /** Why a part of the series may be missing. */
  readonly warning?: string;
}

/** The queries of one measurement. They run side by side, and share one time-out. */
export class Inquiry {
  readonly subject: Subject;
  readonly #source: MetricsSource;
  readonly #url: string;
  readonly #ending = new AbortController();
  readonly #ended: Promise<never>;
  readonly #timers: NodeJS.Timeout[] = [];
  #failed = false;

  constructor(source: MetricsSource, url: string, subject: Subject, milliseconds = TIMEOUT_MILLISECONDS) {
    this.#source = source;
    this.#url = url;
    this.subject = subject;
    this.#ended = new Promise((_resolve, reject) => {
      this.#ending.signal.addEventListener('abort', () => reject(this.#ending.signal.reason));
    });
    this.#ended.catch(() => {});
    this.#endIn(milliseconds);
  }

  /** @throws MetricsError of any kind but `partial` */
  async ask(template: string, subject = this.subject): Promise<Answer> {
    const query = this.#source.query(this.#url, fill(template, subject), this.#ending.signal);
    try {
      return { samples: distinct(await Promise.race([query, this.#ended])) };
    } catch (error) {
      if (error instanceof MetricsError && error.kind === 'partial')
        return { samples: distinct(error.samples), warning: error.message };
      throw error;
    }
  }

  /** Runs one check. A query without an answer is a check too, so that it does not hide another that failed. */
  async check(name: string, run: () => Promise<Check>): Promise<Check> {
    try {
      const check = await run();
      if (check.verdict === 'failed' && !this.#failed) this.#endIn(AFTER_FAILURE_MILLISECONDS);
      this.#failed ||= check.verdict === 'failed';
      return check;
    } catch (error) {
      if (!(error instanceof MetricsError)) throw error;
      if (error.kind === 'refused') return { verdict: 'inconclusive', message: `${name}: ${error.message}` };
      return { verdict: error.kind, message: error.message, reason: error.reason };
    }
  }

  /** Ends every query that has no answer yet. */
  end(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#ending.abort(new MetricsError('unreachable', 'the measurement has ended'));
  }

  #endIn(milliseconds: number): void {
    const message = `Prometheus at ${this.#url} gave no answer to every query within ${milliseconds} ms`;
    const end = () => this.#ending.abort(new MetricsError('unreachable', message));
    this.#timers.push(setTimeout(end, milliseconds));
  }
}

/** A sum would count a series twice that the answer of a proxy has twice. */
function distinct(samples: readonly Sample[]): readonly Sample[] {
  const identities = samples.map(({ labels }) => JSON.stringify(Object.entries(labels).sort()));
  if (new Set(identities).size === samples.length) return samples;
  throw new MetricsError('refused', 'the query gave the same series twice');
}
