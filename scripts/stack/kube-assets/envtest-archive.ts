import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createWriteStream, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import type { EnvtestRelease } from './envtest-release.ts';

const PROGRAMS = ['etcd', 'kube-apiserver', 'kubectl'];

export interface EnvtestArchiveOptions {
  readonly release: EnvtestRelease;
  /** URL with `envtest-<version>/<archive>` below it, like the releases of controller-tools on GitHub. */
  readonly baseUrl: string;
  /** For example `linux-amd64`. */
  readonly platform: string;
  /** Directory for the programs. It is created only when all programs can be in it. */
  readonly directory: string;
  /** Limit from the first connection to the last byte. */
  readonly timeoutMilliseconds: number;
}

/**
 * Downloads the archive, compares its SHA-512 and unpacks it.
 * @throws Error of one line with the reason why the archive cannot be had
 */
export async function unpackEnvtestArchive(options: EnvtestArchiveOptions): Promise<void> {
  const { release, platform, directory } = options;
  const sum = release.sha512[platform];
  if (!sum) throw new Error(`there is no archive for ${platform}`);
  mkdirSync(dirname(directory), { recursive: true });
  const temporary = mkdtempSync(`${directory}.`);
  try {
    const archive = `${temporary}/archive.tar.gz`;
    const actual = await download(archiveUrl(options), archive, options.timeoutMilliseconds);
    if (actual !== sum) throw new Error(`its SHA-512 is ${actual.slice(0, 12)}…, not ${sum.slice(0, 12)}…`);
    const unpacked = `${temporary}/unpacked`;
    await unpack(archive, unpacked);
    rmSync(directory, { recursive: true, force: true });
    renameSync(unpacked, directory);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

export function archiveUrl({
  release: { version },
  baseUrl,
  platform,
}: Pick<EnvtestArchiveOptions, 'release' | 'baseUrl' | 'platform'>): string {
  return `${baseUrl}/envtest-${version}/envtest-${version}-${platform}.tar.gz`;
}

/** @returns the SHA-512 of the bytes that were written to `file` */
async function download(url: string, file: string, timeoutMilliseconds: number): Promise<string> {
  const hash = createHash('sha512');
  let bytes = 0;
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMilliseconds) });
    if (!response.ok || !response.body) throw new Error(`the answer is HTTP ${response.status}`);
    await pipeline(
      Readable.fromWeb(response.body),
      async function* (chunks: AsyncIterable<Uint8Array>) {
        for await (const chunk of chunks) {
          bytes += chunk.length;
          hash.update(chunk);
          yield chunk;
        }
      },
      createWriteStream(file),
    );
  } catch (error) {
    throw new Error(reason(error as Error, bytes, timeoutMilliseconds), { cause: error });
  }
  return hash.digest('hex');
}

function reason(error: Error, bytes: number, timeoutMilliseconds: number): string {
  if (error.name === 'TimeoutError') {
    const within = `within ${timeoutMilliseconds / 1000} s`;
    return bytes > 0 ? `not complete ${within}: ${bytes} bytes came` : `no answer ${within}`;
  }
  const message = (error.cause as Error | undefined)?.message || error.message;
  return bytes > 0 ? `${message} after ${bytes} bytes` : message;
}

async function unpack(archive: string, directory: string): Promise<void> {
  mkdirSync(directory);
  const members = PROGRAMS.map((program) => `controller-tools/envtest/${program}`);
  const options = ['-xzf', archive, '-C', directory, '--strip-components=2', '--no-same-owner'];
  await promisify(execFile)('tar', [...options, ...members]).catch((error: { stderr?: string }) => {
    throw new Error(`tar cannot unpack it: ${error.stderr?.trim().split('\n')[0] ?? error}`);
  });
}
