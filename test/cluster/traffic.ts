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

/** Number of applicants. Each has at most one application in a call, because PutRecords keeps no order. */
const KEYS = 50;
/** If a variation is set, every fifth application is varied. */
const VARIED_EVERY = 5;

/** Puts applications on the input stream without pause, and accounts for every outcome. */
export class Traffic {
  readonly ledger = new Ledger();
  /** Fields that every fifth application has from now on. */
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
    // `finish` awaits the promise and handles its failure.
    this.#tails.catch(() => {});
  }

  /** Listens to the outcomes from now on. `run` distinguishes these applications from those of other runs. */
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

  /** Puts about `perSecond` applications a second until `finish`. */
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

  /** Stops producing and waits for every outcome. @returns the account */
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

/** @throws Error if any application was lost, got a wrong outcome, two decision ids, or was out of order */
export function assertSound(account: Account): string {
  const { sent, lost, unexpected, contradictions, disordered } = account;
  const told = `${sent} sent, ${lost} lost, ${unexpected} answered wrongly, ${disordered} keys out of order, ${account.duplicates} duplicates, slowest ${account.slowestMilliseconds} ms`;
  if (lost + unexpected + contradictions + disordered > 0 || sent === 0) throw new Error(told);
  return told;
}
