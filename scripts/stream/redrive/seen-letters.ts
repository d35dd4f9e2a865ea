import { Refusal } from '../../command-line/usage-error.ts';
import { listed } from '../../command-line/words.ts';
import { isShard, shortShard } from '../shard-name.ts';
import type { DeadLetter } from './dead-letter.ts';
import type { LetterFilter } from './letter-filter.ts';

/** What the dead letters have that were read, whether or not the filter chooses them. */
export class SeenLetters {
  readonly #codes = new Set<string>();
  readonly #fields = new Set<string>();
  readonly #shards = new Set<string>();

  add({ error: { code, field }, shard_id }: DeadLetter): void {
    this.#codes.add(code);
    if (field !== undefined) this.#fields.add(field);
    this.#shards.add(shard_id);
  }

  /** Codes and fields of the filter that no letter has. A filter with a typing mistake chooses nothing, too. */
  unseenText({ codes, fields }: LetterFilter): string[] {
    return [...unseen('code', codes, this.#codes), ...unseen('field', fields, this.#fields)];
  }

  /**
   * A shard that left the input stream may still have dead letters.
   * @throws Refusal if neither the stream nor a dead letter has the shard
   */
  assertShard({ shard }: LetterFilter, stream: string, shardIds: readonly string[]): void {
    if (shard === undefined) return;
    const known = [...new Set([...shardIds, ...this.#shards])];
    if (known.some((id) => isShard(shard, id))) return;
    throw new Refusal(
      `--shard ${shard}: neither ${stream} nor a dead letter has this shard. Known shards: ${listed(known.toSorted().map(shortShard))}`,
    );
  }
}

function unseen(
  option: string,
  wanted: readonly string[] | undefined,
  seen: ReadonlySet<string>,
): readonly string[] {
  const missing = (wanted ?? []).filter((value) => !seen.has(value));
  if (missing.length === 0) return [];
  const known = seen.size === 0 ? `no ${option} at all` : listed([...seen].toSorted());
  return [`  no dead letter that was read has the ${option} ${missing.join(', ')}: they have ${known}`];
}
