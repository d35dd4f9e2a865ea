import { describe, expect, test } from '@jest/globals';
import { AwsCredentials } from '../../../../services/stream/client/aws-credentials.ts';
import { ManualClock } from '../../../support/manual-clock.ts';

function world() {
  const clock = new ManualClock();
  const reads: string[] = [];
  const stored = { token: 'A', expiresInMilliseconds: Number.POSITIVE_INFINITY, failure: '' };
  const credentials = new AwsCredentials({
    clock,
    read: async () => {
      reads.push(stored.token);
      if (stored.failure !== '') throw new Error(stored.failure);
      const expiration = new Date(clock.now() + stored.expiresInMilliseconds);
      return {
        accessKeyId: 'key',
        secretAccessKey: 'secret',
        sessionToken: stored.token,
        ...(Number.isFinite(stored.expiresInMilliseconds) ? { expiration } : {}),
      };
    },
  });
  return { clock, reads, stored, credentials };
}

describe('credentials', () => {
  test('are read once for all calls', async () => {
    const { credentials, reads } = world();
    await Promise.all([credentials.get(), credentials.provider(), credentials.get()]);
    expect(reads).toEqual(['A']);
  });

  test('that were replaced are read anew when AWS refuses the old ones', async () => {
    const { clock, credentials, stored } = world();
    const used = await credentials.get();
    stored.token = 'B';
    clock.advance(2_000);
    expect(await credentials.refused(used)).toBe(true);
    expect((await credentials.get()).sessionToken).toBe('B');
  });

  test('that are refused again and again are read at most once a second', async () => {
    const { clock, credentials, reads } = world();
    for (let calls = 0; calls < 100; calls++) {
      const used = await credentials.get();
      expect(await credentials.refused(used)).toBe(false);
      clock.advance(100);
    }
    expect(reads.length).toBeLessThanOrEqual(11);
  });

  test('that another call has read anew already are worth another try', async () => {
    const { clock, credentials, stored, reads } = world();
    const used = await credentials.get();
    stored.token = 'B';
    clock.advance(2_000);
    const answers = await Promise.all([credentials.refused(used), credentials.refused(used)]);
    expect(answers).toEqual([true, true]);
    expect(reads).toEqual(['A', 'B']);
  });

  test('are read anew before they expire', async () => {
    const { clock, credentials, stored } = world();
    stored.expiresInMilliseconds = 15 * 60_000;
    await credentials.get();
    stored.token = 'B';
    clock.advance(9 * 60_000);
    expect((await credentials.get()).sessionToken).toBe('A');
    clock.advance(2 * 60_000);
    expect((await credentials.get()).sessionToken).toBe('B');
  });

  test('that cannot be read anew yet are used for as long as AWS takes them', async () => {
    const { clock, credentials, stored } = world();
    stored.expiresInMilliseconds = 15 * 60_000;
    await credentials.get();
    stored.failure = 'the endpoint is away';
    clock.advance(12 * 60_000);
    expect((await credentials.get()).sessionToken).toBe('A');
  });

  test('that do not exist are an error', async () => {
    const { credentials, stored } = world();
    stored.failure = 'no credentials';
    await expect(credentials.get()).rejects.toThrow('no credentials');
  });
});
