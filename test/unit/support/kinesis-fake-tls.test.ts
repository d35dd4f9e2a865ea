import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type RequestOptions, request } from 'node:https';
import { tmpdir } from 'node:os';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { hasOpenssl, selfSignedCertificate } from '../../bench/self-signed-certificate.ts';
import { KinesisFake } from '../../support/kinesis-fake/kinesis-fake.ts';

(hasOpenssl() ? describe : describe.skip)('the fake Kinesis over TLS', () => {
  let directory: string;
  let tls: { key: Buffer; cert: Buffer };

  beforeEach(() => {
    directory = mkdtempSync(`${tmpdir()}/kinesis-fake-tls-`);
    const { key, certificate } = selfSignedCertificate(directory);
    tls = { key: readFileSync(key), cert: readFileSync(certificate) };
  });

  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  async function call(url: string, options: RequestOptions): Promise<number | undefined> {
    const headers = { 'x-amz-target': 'Kinesis_20131202.ListStreams', authorization: 'Signature=x' };
    const sent = request(url, { method: 'POST', agent: false, headers, ...options });
    sent.end('{}');
    const [response] = await once(sent, 'response');
    response.resume();
    await once(response, 'end');
    return response.statusCode;
  }

  test('answers a client that trusts its certificate', async () => {
    await using fake = await KinesisFake.start({ tls });
    expect(fake.url).toMatch(/^https:/);
    expect(await call(fake.url, { ca: tls.cert })).toBe(200);
  });

  test('has a certificate that no other client trusts', async () => {
    await using fake = await KinesisFake.start({ tls });
    await expect(call(fake.url, {})).rejects.toMatchObject({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
  });
});
