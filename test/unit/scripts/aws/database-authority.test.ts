import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterAll, expect, test } from '@jest/globals';
import { databaseAuthority } from '../../../../scripts/aws/database-authority.ts';

const CERTIFICATE = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';
const folder = mkdtempSync(`${tmpdir()}/authority-`);
afterAll(() => rmSync(folder, { recursive: true }));

function answering(body: string, init: ResponseInit = {}): { urls: string[]; download: typeof fetch } {
  const urls: string[] = [];
  const download: typeof fetch = async (url) => {
    urls.push(String(url));
    return new Response(body, { headers: { 'content-length': String(body.length) }, ...init });
  };
  return { urls, download };
}

test.each([
  ['eu-central-1', 'https://truststore.pki.rds.amazonaws.com/eu-central-1/eu-central-1-bundle.pem'],
  [
    'us-gov-west-1',
    'https://truststore.pki.us-gov-west-1.rds.amazonaws.com/us-gov-west-1/us-gov-west-1-bundle.pem',
  ],
  ['cn-north-1', 'https://rds-truststore.s3.cn-north-1.amazonaws.com.cn/global/global-bundle.pem'],
])('%s: downloads the bundle of the region', async (region, url) => {
  const { urls, download } = answering(CERTIFICATE);
  expect(await databaseAuthority(region, undefined, download)).toBe(CERTIFICATE);
  expect(urls).toEqual([url]);
});

test.each([
  ['an error', answering('no', { status: 403 }), 'HTTP status 403'],
  ['a login page', answering('<html>'), 'holds no certificate'],
  [
    'too many bytes',
    answering(CERTIFICATE, { headers: { 'content-length': '9999999' } }),
    'announces 9999999 bytes',
  ],
  ['no length', answering(CERTIFICATE, { headers: {} }), 'announces NaN bytes'],
])('%s instead of the bundle: says how to give a file', async (_name, { download }, problem) => {
  const failure = databaseAuthority('eu-central-1', undefined, download);
  await expect(failure).rejects.toThrow(problem);
  await expect(failure).rejects.toThrow('--authority FILE');
});

test('a file is read and nothing is downloaded', async () => {
  writeFileSync(`${folder}/ca.pem`, CERTIFICATE);
  const { urls, download } = answering('');
  expect(await databaseAuthority('eu-central-1', `${folder}/ca.pem`, download)).toBe(CERTIFICATE);
  expect(urls).toEqual([]);
});

test('a file without certificates is refused by its name', async () => {
  writeFileSync(`${folder}/key.pem`, '-----BEGIN PRIVATE KEY-----');
  await expect(databaseAuthority('eu-central-1', `${folder}/key.pem`)).rejects.toThrow(
    `${folder}/key.pem holds no certificate`,
  );
});
