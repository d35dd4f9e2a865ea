import { parseStream } from '../../../services/shared/stream-reference.ts';
import type { DeadLetter } from './dead-letter.ts';
import { type LetterFilter, matches } from './letter-filter.ts';
import { SeenLetters } from './seen-letters.ts';

/** Why a dead letter is not redriven. */
export type Skipped =
  | 'filtered'
  | 'unreadable'
  | 'other stream'
  | 'truncated'
  | 'redriven before'
  | 'repeat'
  | 'over the limit';

export interface PlannedGroup {
  readonly code: string;
  readonly field: string;
  count: number;
  bytes: number;
  oldest: string;
  newest: string;
}

export interface PlanOptions {
  readonly filter: LetterFilter;
  /** Input stream, to which the payloads go. */
  readonly stream: string;
  /** Most records to redrive. */
  readonly limit: number;
  /** True if the ledger has the decision id. */
  readonly isRedriven: (decisionId: string) => boolean;
}

/** Decides letter by letter which to redrive, and counts what a person must know before. It keeps no payload. */
export class RedrivePlan {
  readonly #options: PlanOptions;
  readonly #groups = new Map<string, PlannedGroup>();
  readonly #skipped = new Map<Skipped, number>();
  readonly #chosen = new Set<string>();
  readonly #seen = new SeenLetters();
  #read = 0;

  constructor(options: PlanOptions) {
    this.#options = options;
  }

  /** Decision ids of the letters to redrive. */
  get chosen(): ReadonlySet<string> {
    return this.#chosen;
  }

  /** Number of records read. */
  get read(): number {
    return this.#read;
  }

  get groups(): readonly PlannedGroup[] {
    return [...this.#groups.values()].sort((a, b) => b.count - a.count);
  }

  /** What the filter names and no dead letter has, as lines for a person. */
  get unseen(): readonly string[] {
    return this.#seen.unseenText(this.#options.filter);
  }

  get skipped(): ReadonlyMap<Skipped, number> {
    return this.#skipped;
  }

  get bytes(): number {
    return this.groups.reduce((sum, group) => sum + group.bytes, 0);
  }

  /** @throws Refusal if neither the input stream nor a dead letter has the shard of the filter */
  assertShard(shardIds: readonly string[]): void {
    const { filter, stream } = this.#options;
    this.#seen.assertShard(filter, stream, shardIds);
  }

  /** @param letter undefined for a record that is not a dead letter */
  add(letter: DeadLetter | undefined): void {
    this.#read++;
    if (letter !== undefined) this.#seen.add(letter);
    const reason = this.#reasonToSkip(letter);
    if (reason !== undefined) this.#skipped.set(reason, (this.#skipped.get(reason) ?? 0) + 1);
    else if (letter !== undefined) this.#choose(letter);
  }

  #reasonToSkip(letter: DeadLetter | undefined): Skipped | undefined {
    const { filter, stream, limit, isRedriven } = this.#options;
    if (letter === undefined) return 'unreadable';
    if (!matches(filter, letter)) return 'filtered';
    if (!isSameStream(letter.stream, stream)) return 'other stream';
    if (isRedriven(letter.decision_id)) return 'redriven before';
    if (this.#chosen.has(letter.decision_id)) return 'repeat';
    if (letter.payload_truncated && letter.payload_s3_uri === undefined) return 'truncated';
    return this.#chosen.size >= limit ? 'over the limit' : undefined;
  }

  #choose({
    decision_id,
    error: { code, field = '' },
    payload,
    payload_bytes,
    rejected_at,
  }: DeadLetter): void {
    this.#chosen.add(decision_id);
    const key = `${code} ${field}`;
    const group = this.#groups.get(key) ?? {
      code,
      field,
      count: 0,
      bytes: 0,
      oldest: rejected_at,
      newest: rejected_at,
    };
    this.#groups.set(key, group);
    group.count++;
    group.bytes += payload_bytes ?? Math.floor((payload.length * 3) / 4);
    if (rejected_at < group.oldest) group.oldest = rejected_at;
    if (rejected_at > group.newest) group.newest = rejected_at;
  }
}

/** Either may be a name or an ARN. A name does not tell the account, so it fits an ARN of that name. */
function isSameStream(a: string, b: string): boolean {
  const [first, second] = [parseStream(a), parseStream(b)];
  if (first === undefined || second === undefined) return a === b;
  const isSameHome = first.home === undefined || second.home === undefined || a === b;
  return first.name === second.name && isSameHome;
}
