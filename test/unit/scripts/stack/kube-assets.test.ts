import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  type KubeAssetsOptions,
  kubeAssets,
  provideKubeAssets,
} from '../../../../scripts/stack/kube-assets/kube-assets.ts';

const TIMEOUT_MILLISECONDS = 300;
const PATH = '/envtest-v1.2.3/envtest-v1.2.3-linux-amd64.tar.gz';

let directory: string;
let archive: Buffer;
let server: Server;
let baseUrl: string;
let answer: RequestListener;
let said: string[];
let builds: number;

beforeEach(async () => {
  directory = mkdtempSync(`${tmpdir()}/kube-assets-test-`);
  archive = packedPrograms();
  said = [];
  builds = 0;
  answer = (_, response) => response.end(archive);
  server = createServer((request, response) => answer(request, response)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(async () => {
  server.closeAllConnections();
  if (server.listening) await new Promise((resolve) => server.close(resolve));
  rmSync(directory, { recursive: true, force: true });
});

/** As published, with a file beside the programs that nobody asked for. */
function packedPrograms(): Buffer {
  const folder = `${directory}/source/controller-tools/envtest`;
  mkdirSync(folder, { recursive: true });
  for (const name of ['etcd', 'kube-apiserver', 'kubectl', 'stray']) {
    writeFileSync(`${folder}/${name}`, `published ${name}`);
    chmodSync(`${folder}/${name}`, 0o755);
  }
  execFileSync('tar', [
    '-czf',
    `${directory}/source.tar.gz`,
    '-C',
    `${directory}/source`,
    'controller-tools',
  ]);
  return readFileSync(`${directory}/source.tar.gz`);
}

/** Pins the sum of the packed programs. The build writes two small files. */
function provide(options: Partial<KubeAssetsOptions> = {}): Promise<string> {
  return provideKubeAssets({
    release: {
      version: 'v1.2.3',
      sha512: { 'linux-amd64': createHash('sha512').update(archive).digest('hex') },
    },
    platform: 'linux-amd64',
    baseUrl,
    timeoutMilliseconds: TIMEOUT_MILLISECONDS,
    cache: `${directory}/cache`,
    build: async (to) => {
      builds += 1;
      mkdirSync(to, { recursive: true });
      for (const name of ['etcd', 'kube-apiserver']) writeFileSync(`${to}/${name}`, `built ${name}`);
    },
    say: (message) => said.push(message),
    ...options,
  });
}

describe('etcd and kube-apiserver for tests', () => {
  test('come from the published archive, which alone is unpacked and kept', async () => {
    const paths: (string | undefined)[] = [];
    answer = (request, response) => {
      paths.push(request.url);
      response.end(archive);
    };
    const assets = await provide();
    expect(readdirSync(assets).sort()).toEqual(['etcd', 'kube-apiserver', 'kubectl']);
    expect(readFileSync(`${assets}/kube-apiserver`, 'utf8')).toBe('published kube-apiserver');
    expect(await provide()).toBe(assets);
    expect(paths).toEqual([PATH]);
    expect(builds).toBe(0);
    expect(readdirSync(`${directory}/cache`)).toEqual(['envtest-v1.2.3']);
  });

  test('are downloaded once by callers that ask at the same time', async () => {
    let requests = 0;
    answer = (_, response) => {
      requests += 1;
      response.end(archive);
    };
    expect(new Set(await Promise.all([provide(), provide(), provide()])).size).toBe(1);
    expect(requests).toBe(1);
  });

  test('wait for no process that died while it made them', async () => {
    const { pid } = spawnSync(process.execPath, ['--version']);
    mkdirSync(`${directory}/cache`);
    writeFileSync(`${directory}/cache/lock`, String(pid));
    expect(readdirSync(await provide())).toContain('etcd');
  });

  const failures: Record<string, { answer?: RequestListener; says: string; before?: () => Promise<void> }> = {
    'has another sum': {
      answer: (_, response) => response.end(Buffer.concat([archive, Buffer.from('!')])),
      says: 'its SHA-512 is ',
    },
    'is cut off': {
      answer: (_, response) => {
        response.writeHead(200, { 'content-length': archive.length });
        response.write(archive.subarray(0, 100), () => response.destroy());
      },
      says: 'other side closed after 100 bytes',
    },
    'is not there': {
      answer: (_, response) => response.writeHead(404).end('no such release'),
      says: 'the answer is HTTP 404',
    },
    'cannot be asked for: the connection is refused': {
      before: async () => void (await new Promise((resolve) => server.close(resolve))),
      says: 'ECONNREFUSED',
    },
    'is not answered for': { answer: () => {}, says: 'no answer within 0.3 s' },
    'comes drop by drop': {
      answer: (_, response) => {
        let sent = 0;
        const drip = setInterval(() => response.write(archive.subarray(sent, ++sent)), 20);
        response.once('close', () => clearInterval(drip));
      },
      says: 'not complete within 0.3 s: ',
    },
  };
  for (const [what, failure] of Object.entries(failures)) {
    test(`are built from Go modules if the archive ${what}`, async () => {
      if (failure.answer) answer = failure.answer;
      await failure.before?.();
      const started = performance.now();
      const assets = await provide();
      expect(performance.now() - started).toBeLessThan(TIMEOUT_MILLISECONDS + 5_000);
      expect(readFileSync(`${assets}/etcd`, 'utf8')).toBe('built etcd');
      expect(said[1]).toContain(failure.says);
      expect(said[1]).toMatch(/^http.* cannot be had .*: building from Go modules[^\n]*$/);
      expect(readdirSync(`${directory}/cache`)).toHaveLength(1);
    });
  }

  test('are built from Go modules if there is no archive for the platform', async () => {
    const assets = await provide({ platform: 'sunos-sparc' });
    expect(readFileSync(`${assets}/etcd`, 'utf8')).toBe('built etcd');
    expect(said[1]).toContain('there is no archive for sunos-sparc');
  });

  test('that were built are kept', async () => {
    answer = (_, response) => response.writeHead(404).end();
    const assets = await provide();
    expect(await provide()).toBe(assets);
    expect(builds).toBe(1);
  });

  test('that cannot be had at all: one line says why and what to do', async () => {
    answer = (_, response) => response.writeHead(404).end();
    const build = async () => {
      throw new Error('the program go cannot be run');
    };
    await expect(provide({ build })).rejects.toThrow(
      /^No etcd and kube-apiserver \(the program go cannot be run\): set KUBEBUILDER_ASSETS [^\n]* Go [^\n]*ENVTEST_BASE_URL [^\n]*$/,
    );
    expect(existsSync(`${directory}/cache/lock`)).toBe(false);
  });

  test('are the folder in KUBEBUILDER_ASSETS, which must have both', async () => {
    writeFileSync(`${directory}/etcd`, '');
    await expect(kubeAssets({ KUBEBUILDER_ASSETS: directory })).rejects.toThrow(
      `KUBEBUILDER_ASSETS=${directory}: that folder lacks etcd or kube-apiserver`,
    );
    writeFileSync(`${directory}/kube-apiserver`, '');
    expect(await kubeAssets({ KUBEBUILDER_ASSETS: directory })).toBe(directory);
  });

  test('are not asked for again after the run has found that they cannot be had', async () => {
    await expect(kubeAssets({ KUBE_ASSETS_ERROR: 'No etcd' })).rejects.toThrow('No etcd');
  });
});
