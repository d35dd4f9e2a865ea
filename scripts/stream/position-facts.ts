import { Refusal } from '../command-line/usage-error.ts';
import type { Desk } from './desk.ts';
import type { Look } from './look.ts';
import type { PositionFacts } from './position-change.ts';
import type { Position } from './position-option.ts';
import { recordsAt } from './record-at.ts';

/** What is known of the position in the shard. Reads the record that a sequence number names. @throws Refusal */
export async function positionFacts(
  desk: Desk,
  { description }: Look,
  shardId: string,
  position: Position,
): Promise<PositionFacts> {
  const nowMilliseconds = desk.clock.now();
  if (position.kind !== 'record') return { description, arrivalMilliseconds: 0, nowMilliseconds };
  const { sequenceNumber, subSequenceNumber } = position;
  const records = await recordsAt(desk, shardId, sequenceNumber);
  const last = records.at(-1);
  if (subSequenceNumber !== undefined && subSequenceNumber > (last?.subSequenceNumber ?? 0))
    throw new Refusal(
      `record ${sequenceNumber} has the sub-sequence numbers 0 to ${last?.subSequenceNumber ?? 0}, not ${subSequenceNumber}`,
    );
  return { description, arrivalMilliseconds: last?.arrivalMilliseconds ?? 0, nowMilliseconds };
}
