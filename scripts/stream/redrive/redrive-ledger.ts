import { appendFile, mkdir, readFile, truncate } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { Refusal } from '../../command-line/usage-error.ts';
import { count } from '../../command-line/words.ts';

const lineSchema = z.object({ decision_id: z.string(), redriven_at: z.string() });

/**
 * The decision ids that were redriven from this machine, one line each. A record is noted once Kinesis has confirmed it.
 * If the tool dies between the two, the next redrive puts up to one call's records again.
 */
export class RedriveLedger {
  readonly #file: string;
  readonly #redriven: Set<string>;
  /** Length of the whole lines, if a crash cut the last line. Otherwise the next line would be added to the cut line. */
  #wholeBytes: number | undefined;
  /** What a person must know of the ledger before a redrive. A wrong path would have everything put again. */
  readonly summary: string;

  private constructor(file: string, redriven: Set<string>, text: string | undefined) {
    const isNew = text === undefined;
    const whole = text?.slice(0, text.lastIndexOf('\n') + 1);
    this.#file = file;
    this.#redriven = redriven;
    this.#wholeBytes = whole === text ? undefined : Buffer.byteLength(whole ?? '');
    this.summary = isNew
      ? `ledger ${file}: new, so nothing counts as redriven before`
      : `ledger ${file}: continued, with ${count(redriven.size, 'dead letter')} redriven before`;
  }

  /** @throws Refusal if the file is not a ledger. A record that cannot be recognised could be put twice. */
  static async open(file: string): Promise<RedriveLedger> {
    const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw new Refusal(`--ledger ${file}: cannot be read: ${error.message}`);
    });
    const lines = (text ?? '').split('\n');
    // A crash may have cut the last line. The record of that line is put again.
    const whole = lines.slice(0, -1);
    const redriven = new Set(whole.map((line, index) => parseLine(file, line, index + 1)));
    return new RedriveLedger(file, redriven, text);
  }

  has(decisionId: string): boolean {
    return this.#redriven.has(decisionId);
  }

  async add(decisionIds: readonly string[], nowMilliseconds: number): Promise<void> {
    const redriven_at = new Date(nowMilliseconds).toISOString();
    const lines = decisionIds.map((decision_id) => `${JSON.stringify({ decision_id, redriven_at })}\n`);
    await mkdir(dirname(this.#file), { recursive: true });
    if (this.#wholeBytes !== undefined) await truncate(this.#file, this.#wholeBytes);
    this.#wholeBytes = undefined;
    await appendFile(this.#file, lines.join(''));
    for (const id of decisionIds) this.#redriven.add(id);
  }
}

function parseLine(file: string, line: string, number: number): string {
  try {
    return lineSchema.parse(JSON.parse(line)).decision_id;
  } catch {
    throw new Refusal(
      `--ledger ${file}: line ${number} is not a line of a ledger. Correct it, or give another file`,
    );
  }
}
