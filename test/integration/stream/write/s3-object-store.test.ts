import { createHash, hash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { systemClock } from '../../../../services/shared/clock.ts';
import { AwsCredentials } from '../../../../services/stream/client/aws-credentials.ts';
import { S3ObjectStore } from '../../../../services/stream/write/s3-object-store.ts';
import { S3Emulator } from '../../../support/stream/s3-emulator.ts';

const { signal } = new AbortController();
const URI =
  's3://failures/pre.fix/in/shardId-000000000000/49590338271490256608559692538361571095921575989136588898-0';

function credentials(): AwsCredentials {
  return new AwsCredentials({ clock: systemClock });
}

function storeOn(emulator: S3Emulator): S3ObjectStore {
  return new S3ObjectStore({ region: 'us-east-1', endpoint: emulator.url, credentials: credentials() });
}

function object(data: Buffer) {
  return { uri: URI, data, sha256: hash('sha256', data) };
}

describe('S3 object store', () => {
  test('stores 10 MiB, byte for byte, and a repeat replaces the object', async () => {
    await using emulator = await S3Emulator.start('failures');
    const store = storeOn(emulator);
    const data = Buffer.from(Uint8Array.from({ length: 10 * 1024 * 1024 }, (_, index) => (index * 31) % 256));
    await store.put(object(Buffer.from('an earlier try')), signal);
    await store.put(object(data), signal);
    const stored = await emulator.object(URI);
    expect(stored.data.equals(data)).toBe(true);
    expect(stored.contentType).toBe('application/octet-stream');
    // S3 refuses an object that does not have this checksum.
    expect(stored.checksum).toBe(createHash('sha256').update(data).digest('base64'));
    store.close();
  });

  test('names the object and the error', async () => {
    await using emulator = await S3Emulator.start();
    await expect(storeOn(emulator).put(object(Buffer.from('x')), signal)).rejects.toThrow(
      `PutObject ${URI} failed: NoSuchBucket: The specified bucket does not exist`,
    );
  });

  test('goes where AWS_ENDPOINT_URL_S3 says', async () => {
    await using emulator = await S3Emulator.start('failures');
    process.env.AWS_ENDPOINT_URL_S3 = emulator.url;
    try {
      const store = new S3ObjectStore({
        region: 'us-east-1',
        endpoint: undefined,
        credentials: credentials(),
      });
      await store.put(object(Buffer.from('x')), signal);
      expect((await emulator.object(URI)).data.toString()).toBe('x');
    } finally {
      delete process.env.AWS_ENDPOINT_URL_S3;
    }
  });

  test('ends with the reason of its signal', async () => {
    await using emulator = await S3Emulator.start('failures');
    const lost = new Error('lost');
    await expect(storeOn(emulator).put(object(Buffer.from('x')), AbortSignal.abort(lost))).rejects.toBe(lost);
  });
});
