import type { Logger } from '../../shared/logging.ts';
import { formatCheckpoint } from '../checkpoint.ts';
import { type JudgedEdit, judgeEdits } from './judge-edits.ts';
import type { EditResult } from './lease-file.ts';
import { forgetEdits, type ReadEdits, takeEdits } from './lease-file-edits.ts';
import type { ShardLease } from './shard-lease.ts';

/** Interval at which the process looks for edits that a person requested. */
const EDITS_MILLISECONDS = 500;
/** Answers to edits that the file keeps. The tool that requested them reads them within seconds. */
const KEPT_RESULTS = 200;
const LOGGED_CHARACTERS = 200;

export interface EditTakerOptions {
  readonly file: string;
  readonly stream: string;
  readonly logger: Logger;
  readonly leases: () => readonly ShardLease[];
  readonly edit: (lease: ShardLease) => void;
  /** Writes leases and answers to the file. */
  readonly save: () => Promise<void>;
}

/** Makes the edits of leases that people request in the file beside the lease file. */
export class EditTaker {
  readonly #options: EditTakerOptions;
  #answers: readonly EditResult[] = [];
  /** Why edits could not be taken at the last try. */
  #problem: string | undefined;
  #taking: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: EditTakerOptions) {
    this.#options = options;
  }

  /** Answers to the last edits. */
  get answers(): readonly EditResult[] {
    return this.#answers;
  }

  /**
   * Makes all edits that wait, also those that a crash left. From then on edits are made as they come.
   * @param answers those in the lease file: the edits that need no other answer
   */
  async start(answers: readonly EditResult[]): Promise<void> {
    this.#answers = answers;
    await this.#take();
    this.#timer ??= setInterval(() => {
      this.#taking = this.#taking.then(() => this.#tryToTake());
    }, EDITS_MILLISECONDS).unref();
  }

  /** Makes no edit from now on. */
  halt(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  async stop(): Promise<void> {
    this.halt();
    await this.#taking;
  }

  /** Failed edits stay in their file, and the next look tries them again. One failure is logged once, not at every look. */
  async #tryToTake(): Promise<void> {
    const { file, logger } = this.#options;
    if (this.#timer === undefined) return;
    try {
      await this.#take();
      this.#problem = undefined;
    } catch (error) {
      const { message } = error as Error;
      if (message !== this.#problem)
        logger.error({ error, file }, 'edits of leases could not be made, trying again');
      this.#problem = message;
    }
  }

  /** Edits that arrived together share one write. */
  async #take(): Promise<void> {
    const { file, save } = this.#options;
    for (let taken = await takeEdits(file); taken !== undefined; taken = await takeEdits(file)) {
      this.#makeAll(taken);
      await save();
      await forgetEdits(file);
    }
  }

  #makeAll({ requests, unreadable }: ReadEdits): void {
    const { file, stream, logger, leases } = this.#options;
    for (const text of unreadable) {
      const line = text.slice(0, LOGGED_CHARACTERS);
      logger.warn({ file, line }, 'a line is no edit of a lease, so it is left out');
    }
    const answered = new Set(this.#answers.map(({ id }) => id));
    const fresh = requests.filter(({ id }) => !answered.has(id));
    const judged = judgeEdits({ file, stream, leases: leases() }, fresh);
    for (const edit of judged) this.#make(edit);
    // The tool waits for the answers to all edits that it requested together.
    const kept = Math.max(KEPT_RESULTS, judged.length);
    this.#answers = [...this.#answers, ...judged.map(answerTo)].slice(-kept);
  }

  #make({ request, lease, problem }: JudgedEdit): void {
    const { logger, edit } = this.#options;
    if (lease !== undefined) edit(lease);
    if (problem === undefined) return;
    const { shardId, checkpoint } = request.lease;
    const refused = { id: request.id, to: formatCheckpoint(checkpoint) };
    logger.warn({ shardId, edit: refused, reason: problem }, 'an edit of a lease is refused');
  }
}

function answerTo({ request: { id }, problem }: JudgedEdit): EditResult {
  return problem === undefined ? { id } : { id, problem };
}
