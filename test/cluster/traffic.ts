import { KinesisClient } from '@aws-sdk/client-kinesis';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { putAll } from '../../scripts/kinesis/put-all.ts';
import { StreamTail } from '../../scripts/kinesis/stream-tail.ts';
import { STREAM_NAMES } from '../../services/shared/agreements/stream-names.ts';
import { systemClock } from '../../services/shared/clock.ts';
import { application, type Variation } from './applications.ts';
import { type Account, Ledger } from './ledger.ts';
import { patientRetries } from './patient-retries.ts';
import { waitUntil } from './wait-until.ts';

/** Applicants of a run; each has at most one application in a call, as PutRecords keeps no order. */
const KEYS = 50;
/** One in so many applications is varied, where a variation is asked for. */
const VARIED_EVERY = 5;

/** Applications put on the input stream without pause, and an account of all that comes of them. */
export class Traffic {
  readonly ledger = new Ledger();
  /** What every fifth application from now on is to have. */
  variation: Variation = {};
  readonly #run: string;
  readonly #client: KinesisClient;
  readonly #stopped = new AbortController();
  readonly #tails: Promise<unknown>;
  #producing: Promise<void> = Promise.resolve();
  #finishing = false;
  #next = 0;

  private constructor(run: string, client: KinesisClient, tails: readonly StreamTail[]) {
    this.#run = run;
    this.#client = client;
    const answered = this.ledger.answered.bind(this.ledger);
    this.#tails = Promise.all(tails.map((tail) => tail.follow(answered, this.#stopped.signal)));
    // Awaited in `finish`; a failure until then is not unhandled.
    this.#tails.catch(() => {});
  }

  /** Listens to what comes out from now on; `run` tells its applications from those of other runs. */
  static async open(endpoint: string, run: string): Promise<Traffic> {
    const client = new KinesisClient({
      endpoint,
      region: 'us-east-1',
      credentials: { accessKeyId: 'emulator', secretAccessKey: 'emulator' },
      retryStrategy: patientRetries(),
      requestHandler: new NodeHttpHandler({
        connectionTimeout: 2_000,
        requestTimeout: 10_000,
        throwOnRequestTimeout: true,
      }),
    });
    const tails = [
      await StreamTail.open(client, STREAM_NAMES.output),
      await StreamTail.open(client, STREAM_NAMES.rejects),
    ];
    return new Traffic(run, client, tails);
  }

  /** Puts `count` applications as fast as the stream takes them. */
  async burst(count: number): Promise<void> {
    for (const end = this.#next + count; this.#next < end; )
      await this.#put(Math.min(KEYS, end - this.#next));
  }

  /** Puts about so many applications a second until `finish`. */
  start(perSecond: number): void {
    const share = Math.max(1, Math.round(perSecond / 10));
    this.#producing = (async () => {
      while (!this.#stopped.signal.aborted && !this.#finishing) {
        const start = performance.now();
        await this.#put(Math.min(KEYS, share));
        await systemClock.sleep(Math.max(0, 100 - (performance.now() - start)));
      }
    })();
    this.#producing.catch(() => {});
  }

  /** Stops producing, waits for every answer and gives the account. */
  async finish(timeoutSeconds: number): Promise<Account> {
    this.#finishing = true;
    await this.#producing;
    await waitUntil('all answered', timeoutSeconds, async () => this.ledger.outstanding === 0).catch(
      () => {},
    );
    this.#stopped.abort();
    await this.#tails;
    this.#client.destroy();
    return this.ledger.account();
  }

  async #put(count: number): Promise<void> {
    const applications = Array.from({ length: count }, () => {
      const index = this.#next++;
      return application(this.#run, index, KEYS, index % VARIED_EVERY === 0 ? this.variation : {});
    });
    const sentAt = Date.now();
    const receipts = await putAll(this.#client, STREAM_NAMES.input, applications);
    for (const [index, receipt] of receipts.entries()) {
      const sent = applications[index];
      if (sent) this.ledger.sent(receipt, sent, sentAt);
    }
  }
}

/** @throws where anything was lost, answered otherwise than due, twice with different ids, or out of order */
export function assertSound(account: Account): string {
  const { sent, lost, unexpected, contradictions, disordered } = account;
  const told = `${sent} sent, ${lost} lost, ${unexpected} answered wrongly, ${disordered} keys out of order, ${account.duplicates} duplicates, slowest ${account.slowestMilliseconds} ms`;
  if (lost + unexpected + contradictions + disordered > 0 || sent === 0) throw new Error(told);
  return told;
}
