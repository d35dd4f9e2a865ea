import { randomUUID } from 'node:crypto';
import { appendFile, mkdir, readFile, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { Refusal } from '../../command-line/usage-error.ts';
import { isAlive, ownMark } from './process-mark.ts';

const claimSchema = z.object({
  id: z.string(),
  pid: z.number().int().positive(),
  startTicks: z.string().optional(),
  since: z.string(),
  /** True in a second line of a redrive that was refused. */
  withdrawn: z.boolean().optional(),
});

type Claim = z.output<typeof claimSchema>;

/** The holder may remove the file between our line and our look, again and again only if many redrives begin and end. */
const TRIES = 20;

/**
 * The right to use a ledger. Two redrives with one ledger would not see what the other has put, and put it again.
 *
 * `<ledger>.lock` has a line for each redrive that asked. The first line whose process lives has the right, so the line of
 * a dead process is in nobody's way. A redrive that is refused withdraws its line. The holder removes the file when it ends. A line that was added to a removed file
 * counts for nothing: whoever does not find its own line asks again.
 */
export class LedgerClaim {
  readonly #lock: string;

  private constructor(lock: string) {
    this.#lock = lock;
  }

  /** @throws Refusal that names the ledger and the process that uses it */
  static async take(ledger: string, nowMilliseconds: number): Promise<LedgerClaim> {
    const lock = `${ledger}.lock`;
    const own = { id: randomUUID(), ...(await ownMark()), since: new Date(nowMilliseconds).toISOString() };
    const holder = await holderWith(lock, own, ledger);
    if (holder.id === own.id) return new LedgerClaim(lock);
    throw new Refusal(
      `--ledger ${ledger}: process ${holder.pid} redrives with this ledger since ${holder.since}. Wait until it ends. If process ${holder.pid} is no redrive, remove ${lock}`,
    );
  }

  async release(): Promise<void> {
    await rm(this.#lock, { force: true });
  }
}

/** Adds the line, and says whose line has the right. */
async function holderWith(lock: string, own: Claim, ledger: string): Promise<Claim> {
  try {
    await mkdir(dirname(lock), { recursive: true });
    for (let tries = 0; tries < TRIES; tries++) {
      await add(lock, own);
      const holder = await firstAlive(await claimsIn(lock));
      if (holder !== undefined && holder.id !== own.id) {
        await add(lock, { ...own, withdrawn: true });
        return holder;
      }
      // A holder that died in between may have removed the file before. Only if our line is still there, nobody else can.
      if (holder !== undefined && (await claimsIn(lock)).some(({ id }) => id === own.id)) return own;
    }
  } catch (error) {
    throw new Refusal(`--ledger ${ledger}: ${lock} cannot be used: ${(error as Error).message}`);
  }
  throw new Refusal(`--ledger ${ledger}: other redrives use it all the time. Run the command again later`);
}

/** A process may have died inside of its line, so every line begins with a line feed. */
async function add(lock: string, claim: Claim): Promise<void> {
  await appendFile(lock, `\n${JSON.stringify(claim)}\n`);
}

async function firstAlive(claims: readonly Claim[]): Promise<Claim | undefined> {
  const withdrawn = new Set(claims.filter((claim) => claim.withdrawn).map(({ id }) => id));
  for (const claim of claims) if (!withdrawn.has(claim.id) && (await isAlive(claim))) return claim;
  return undefined;
}

async function claimsIn(lock: string): Promise<Claim[]> {
  const text = await readFile(lock, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  return text.split('\n').flatMap((line) => claimOf(line) ?? []);
}

/** Undefined for a line that a crash cut. */
function claimOf(line: string): Claim | undefined {
  try {
    return claimSchema.parse(JSON.parse(line));
  } catch {
    return undefined;
  }
}
