import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { type Mlflow, startMlflow } from '../../scripts/stack/mlflow.ts';

const VARIABLE = 'SHARED_SERVERS_URL';

/** Lets MLflow call webhooks on loopback, and look for new webhooks every second. */
const WEBHOOKS = {
  MLFLOW_WEBHOOK_CACHE_TTL: '1',
  MLFLOW_WEBHOOK_ALLOWED_SCHEMES: 'http,https',
  MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS: 'true',
  MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY: 'cGFzc3dvcmRwYXNzd29yZHBhc3N3b3JkcGFzc3dvcmQ=',
};

/**
 * Servers that test files share, because a start costs seconds. The main process of jest starts a server when the first
 * test file asks for it, over HTTP.
 */
export class SharedServers implements AsyncDisposable {
  readonly #directory = mkdtempSync(`${tmpdir()}/shared-servers-`);
  readonly #door = createServer(async (_, response) => {
    this.#mlflow ??= startMlflow({ directory: `${this.#directory}/mlflow`, environment: WEBHOOKS });
    await this.#mlflow.then(
      ({ url }) => response.end(url),
      (error: Error) => response.writeHead(500).end(error.message),
    );
  });
  #mlflow: Promise<Mlflow> | undefined;

  /** Makes the servers known to this process and to the processes that it starts. */
  static async open(): Promise<SharedServers> {
    const servers = new SharedServers();
    servers.#door.listen(0, '127.0.0.1');
    await once(servers.#door, 'listening');
    process.env[VARIABLE] = `http://127.0.0.1:${(servers.#door.address() as AddressInfo).port}`;
    return servers;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#door.close();
    this.#door.closeAllConnections();
    await (await this.#mlflow?.catch(() => undefined))?.stop();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

/** URL of an MLflow that other test files use too. Each file must use its own model names. */
export async function sharedMlflow(): Promise<string> {
  const response = await fetch(process.env[VARIABLE] ?? '');
  const text = await response.text();
  if (!response.ok) throw new Error(`the shared MLflow did not start: ${text}`);
  return text;
}
