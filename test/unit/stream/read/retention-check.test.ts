import { describe, expect, test } from '@jest/globals';
import { createLogger } from '../../../../services/shared/logging.ts';
import { RetentionCheck } from '../../../../services/stream/read/retention-check.ts';
import { PositionLost } from '../../../../services/stream/read/shard-reader.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { afterRecord } from '../../../support/stream/stream-record.ts';

const { signal } = new AbortController();
const HOUR = 3_600_000;
const POSITION = afterRecord(1);

function world({ skipLost = false } = {}) {
  const clock = new ManualClock();
  const stream = { retentionHours: 24, looks: 0 };
  const check = new RetentionCheck({
    client: {
      describe: async () => {
        stream.looks++;
        return { arn: 'arn', retentionMilliseconds: stream.retentionHours * HOUR };
      },
    },
    stream: 'in',
    shardId: 'shard-0',
    doneThroughMilliseconds: clock.now(),
    skipLost,
    clock,
    logger: createLogger({ component: 'test', level: 'silent' }),
  });
  return { clock, stream, check };
}

describe('retention check', () => {
  test('a position older than the retention is lost, and the message says since when', async () => {
    const { clock, check } = world();
    clock.advance(24 * HOUR);
    await check.assertKept(POSITION, signal);
    clock.advance(1);
    const lost = check.assertKept(POSITION, signal);
    await expect(lost).rejects.toThrow(PositionLost);
    await expect(lost).rejects.toThrow(/2026-01-01T00:00:00.000Z .* only 24 h/);
  });

  test('an idle shard is not lost: its position is old, but it was read up to now', async () => {
    const { clock, check } = world();
    clock.advance(48 * HOUR);
    check.delivered({ records: [], behindMilliseconds: 0 });
    await check.assertKept(POSITION, signal);
  });

  test('a shard that lags by more than the retention is lost', async () => {
    const { clock, check } = world();
    clock.advance(48 * HOUR);
    check.delivered({ records: [], behindMilliseconds: 25 * HOUR });
    await expect(check.assertKept(POSITION, signal)).rejects.toThrow(PositionLost);
  });

  test('a changed retention counts, and is read at most once a minute', async () => {
    const { clock, check, stream } = world();
    stream.retentionHours = 168;
    clock.advance(25 * HOUR);
    await check.assertKept(POSITION, signal);
    stream.retentionHours = 24;
    await check.assertKept(POSITION, signal);
    expect(stream.looks).toBe(1);
    clock.advance(60_000);
    await expect(check.assertKept(POSITION, signal)).rejects.toThrow(PositionLost);
  });

  test('if no record of the shard was read yet, nothing is lost', async () => {
    const { clock, check } = world();
    clock.advance(48 * HOUR);
    await check.assertKept({ type: 'TRIM_HORIZON' }, signal);
    await check.assertKept({ type: 'AT_TIMESTAMP', atMilliseconds: 1 }, signal);
  });

  test('with skipLost, reads on', async () => {
    const { clock, check } = world({ skipLost: true });
    clock.advance(48 * HOUR);
    await check.assertKept(POSITION, signal);
  });
});
