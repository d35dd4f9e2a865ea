import { expect, test } from '@jest/globals';
import { Hash } from '@smithy/hash-node';
import { SignatureV4 } from '@smithy/signature-v4';
import fc from 'fast-check';
import { KeyedSha256 } from '../../../../services/stream/client/keyed-sha256.ts';
import { propertyCases, propertyMilliseconds } from '../../../support/property-cases.ts';

const bytes = fc.uint8Array({ maxLength: 200 });
const secrets = fc.oneof(fc.string({ minLength: 1, unit: 'binary' }), fc.uint8Array({ minLength: 1 }));

class SdkSha256 extends Hash {
  constructor(secret?: ConstructorParameters<typeof Hash>[1]) {
    super('sha256', secret);
  }
}

async function digestOf(
  hash: Pick<KeyedSha256, 'update' | 'digest'>,
  parts: readonly Uint8Array[],
): Promise<string> {
  for (const part of parts) hash.update(part);
  return Buffer.from(await hash.digest()).toString('hex');
}

test(
  'the digest is that of the SDK, with a secret and without, also if the secret is used again',
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.option(secrets, { nil: undefined }), fc.array(bytes), async (secret, parts) => {
        const expected = await digestOf(new SdkSha256(secret), parts);
        expect(await digestOf(new KeyedSha256(secret), parts)).toBe(expected);
        expect(await digestOf(new KeyedSha256(secret), parts)).toBe(expected);
      }),
      { numRuns: propertyCases(300) },
    );
  },
  propertyMilliseconds(),
);

test('a reset forgets the parts', async () => {
  const hash = new KeyedSha256('secret');
  hash.update(Buffer.from('a'));
  hash.reset();
  expect(await digestOf(hash, [])).toBe(await digestOf(new SdkSha256('secret'), []));
});

test(
  'the signer of the SDK makes the same headers with it, for credentials that change',
  async () => {
    const request = fc.record({
      secret: fc.string({ minLength: 1 }),
      body: bytes,
      at: fc.date({ noInvalidDate: true, min: new Date(0), max: new Date('2100-01-01') }),
    });
    await fc.assert(
      fc.asyncProperty(request, async ({ secret, body, at }) => {
        const sign = async (sha256: typeof KeyedSha256 | typeof SdkSha256) => {
          const signer = new SignatureV4({
            service: 'kinesis',
            region: 'eu-central-1',
            // The signer keeps the signing keys of both under one name, so the names differ.
            credentials: { accessKeyId: sha256.name, secretAccessKey: secret },
            sha256,
            applyChecksum: false,
          });
          const { headers } = await signer.sign(
            { method: 'POST', protocol: 'https:', hostname: 'a', path: '/', headers: { host: 'a' }, body },
            { signingDate: at },
          );
          return String(headers.authorization).replace(sha256.name, 'key');
        };
        expect(await sign(KeyedSha256)).toBe(await sign(SdkSha256));
      }),
      { numRuns: propertyCases(100) },
    );
  },
  propertyMilliseconds(),
);
