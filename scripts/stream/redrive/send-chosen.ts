import type { StreamRecord } from '../../../services/stream/record.ts';
import type { Desk } from '../desk.ts';
import { parseDeadLetter } from './dead-letter.ts';
import { RedriveChunk, type RedriveEntry } from './redrive-chunk.ts';
import type { RedriveLedger } from './redrive-ledger.ts';
import { RedrivePut } from './redrive-put.ts';
import { wholePayload } from './whole-payload.ts';

const REPORT_MILLISECONDS = 5_000;

/**
 * Puts the payloads of the chosen letters, at most `rate` a second, and notes each confirmed record in the ledger.
 * @returns the number of records that Kinesis has confirmed
 */
export async function sendChosen(
  desk: Desk,
  records: AsyncIterable<StreamRecord>,
  chosen: ReadonlySet<string>,
  ledger: RedriveLedger,
  rate: number,
): Promise<number> {
  const { clock, terminal, streams, signal } = desk;
  const chunk = new RedriveChunk(rate);
  const input = new RedrivePut(desk, streams.input);
  const taken = new Set<string>();
  const startedAt = clock.monotonic();
  let sent = 0;
  let reportedAt = startedAt;
  const onStored = async (stored: readonly RedriveEntry[]) => {
    await ledger.add(
      stored.map(({ decisionId }) => decisionId),
      clock.now(),
    );
    sent += stored.length;
    if (clock.monotonic() - reportedAt < REPORT_MILLISECONDS) return;
    reportedAt = clock.monotonic();
    terminal.say(`${sent} of ${chosen.size}`);
  };
  const flush = async () => {
    await input.put(chunk.drain(), onStored);
    const early = startedAt + (sent / rate) * 1000 - clock.monotonic();
    if (early > 0 && sent < chosen.size) await clock.sleep(early, signal);
  };
  for await (const { data } of records) {
    const letter = parseDeadLetter(data);
    if (letter === undefined || !chosen.has(letter.decision_id) || taken.has(letter.decision_id)) continue;
    taken.add(letter.decision_id);
    const entry = {
      decisionId: letter.decision_id,
      partitionKey: letter.partition_key,
      data: await wholePayload(letter, desk.objects),
    };
    if (!chunk.takes(entry)) await flush();
    chunk.add(entry);
  }
  await flush();
  return sent;
}
