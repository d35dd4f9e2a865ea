import { Refusal } from '../../command-line/usage-error.ts';
import type { NamedRecord } from '../position-option.ts';
import { shortShard } from '../shard-name.ts';
import type { NextRecord } from './next-record.ts';

/**
 * Makes sure that the named record is the next record to be done. To skip a later record would skip all before it.
 * @throws Refusal that says which record is next
 */
export function assertNext(shardId: string, named: NamedRecord, next: NextRecord | undefined): void {
  const shard = shortShard(shardId);
  if (next === undefined) throw new Refusal(`shard ${shard} has no record that is not done`);
  const { sequenceNumber, subSequenceNumber } = next.record;
  const nextName = next.isPart ? `${sequenceNumber}:${subSequenceNumber}` : sequenceNumber;
  const distance = BigInt(named.sequenceNumber) - BigInt(sequenceNumber);
  if (distance === 0n && named.subSequenceNumber === undefined && next.isPart)
    throw new Refusal(`record ${sequenceNumber} is an aggregate: name its next record, ${nextName}`);
  const subDistance = (named.subSequenceNumber ?? 0) - subSequenceNumber;
  if (distance === 0n && subDistance === 0) return;
  const isLater = distance > 0n || (distance === 0n && subDistance > 0);
  throw new Refusal(
    isLater
      ? `shard ${shard} is not there yet: the next record to be done is ${nextName}. A skip moves past one record alone, so skip that record first, or wait until it is done`
      : `that record of shard ${shard} is done already: the next record to be done is ${nextName}`,
  );
}
