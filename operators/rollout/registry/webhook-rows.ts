import { createHash } from 'node:crypto';
import { z } from 'zod';
import { MlflowHttp } from '../../../services/shared/mlflow/mlflow-http.ts';
import { RegistryError } from '../../../services/shared/mlflow/registry-error.ts';
import type { MlflowServers } from './mlflow-servers.ts';

const EVENTS = [
  { entity: 'MODEL_VERSION_ALIAS', action: 'CREATED' },
  { entity: 'MODEL_VERSION_ALIAS', action: 'DELETED' },
] as const;

const rowSchema = z.object({
  webhook_id: z.string(),
  name: z.string(),
  url: z.string(),
  status: z.string().default('ACTIVE'),
});
const pageSchema = z.object({
  webhooks: z.array(rowSchema).default([]),
  next_page_token: z.string().optional(),
});

type Row = z.output<typeof rowSchema>;

/** The URL to which MLflow sends alias events, and the secret with which it signs them. */
export interface WebhookTarget {
  readonly url: string;
  readonly secret: string;
}

/** The operator's rows in the webhook tables of MLflow servers. Each server has one row for each namespace. */
export interface WebhookRows {
  /**
   * Makes sure that there is one active row for `target`, and removes older rows of this namespace. Idempotent.
   * @throws RegistryError, NotAllowedError
   */
  ensure(registryUrl: string, target: WebhookTarget): Promise<void>;
  /**
   * Removes all rows of this namespace.
   * @throws RegistryError, NotAllowedError
   */
  remove(registryUrl: string): Promise<void>;
}

export class MlflowWebhookRows implements WebhookRows {
  readonly #servers: MlflowServers;
  readonly #prefix: string;

  constructor(servers: MlflowServers, namespace: string) {
    this.#servers = servers;
    this.#prefix = `rollout.${namespace}.`;
  }

  async ensure(registryUrl: string, { url, secret }: WebhookTarget): Promise<void> {
    const http = this.#connect(registryUrl);
    // MLflow never shows a secret. The name contains its fingerprint, so a new secret makes a new row.
    const name = `${this.#prefix}${createHash('sha256').update(secret).digest('hex').slice(0, 12)}`;
    const rows = await this.#list(http);
    const kept = rows.find((row) => row.name === name && row.url === url && row.status === 'ACTIVE');
    if (kept === undefined) {
      await http.json(z.unknown(), 'POST', 'webhooks', {
        name,
        url,
        secret,
        events: EVENTS,
        status: 'ACTIVE',
      });
    }
    await this.#delete(
      http,
      rows.filter((row) => row !== kept),
    );
  }

  async remove(registryUrl: string): Promise<void> {
    const http = this.#connect(registryUrl);
    await this.#delete(http, await this.#list(http));
  }

  #connect(url: string): MlflowHttp {
    return new MlflowHttp(this.#servers.connection(url));
  }

  async #list(http: MlflowHttp): Promise<Row[]> {
    const rows: Row[] = [];
    let token: string | undefined;
    do {
      const page = await http.json(
        pageSchema,
        'GET',
        'webhooks',
        token === undefined ? {} : { page_token: token },
      );
      rows.push(...page.webhooks);
      token = page.next_page_token || undefined;
    } while (token !== undefined);
    return rows.filter((row) => row.name.startsWith(this.#prefix));
  }

  async #delete(http: MlflowHttp, rows: readonly Row[]): Promise<void> {
    for (const { webhook_id: id } of rows) {
      try {
        await http.json(z.unknown(), 'DELETE', `webhooks/${id}`, {});
      } catch (error) {
        if (!(error instanceof RegistryError && error.kind === 'not_found')) throw error;
      }
    }
  }
}
