import { createHash } from 'node:crypto';
import { z } from 'zod';
import { MlflowHttp } from '../../../services/shared/mlflow/mlflow-http.ts';
import { RegistryError } from '../../../services/shared/mlflow/registry-error.ts';
import type { MlflowServer, MlflowServers } from './mlflow-servers.ts';

const EVENTS = [
  { entity: 'MODEL_VERSION_ALIAS', action: 'CREATED' },
  { entity: 'MODEL_VERSION_ALIAS', action: 'DELETED' },
] as const;

/** MLflow gives 100 rows in a page. */
const MAXIMUM_PAGES = 100;

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

/** The operator's rows in the webhook tables of MLflow servers. Each server has one row for each operator. */
export interface WebhookRows {
  /**
   * Makes sure that there is one active row for `target`, and removes older rows of this operator. Idempotent.
   * @throws RegistryError, NotAllowedError
   */
  ensure(server: MlflowServer, target: WebhookTarget): Promise<void>;
  /**
   * Removes all rows of this operator.
   * @throws RegistryError, NotAllowedError
   */
  remove(server: MlflowServer, target: WebhookTarget): Promise<void>;
}

export interface MlflowWebhookRowsOptions {
  readonly servers: MlflowServers;
  readonly namespace: string;
  /** UID of the namespace. Two clusters may have namespaces of one name and share an MLflow. */
  readonly namespaceUid: () => Promise<string>;
}

export class MlflowWebhookRows implements WebhookRows {
  readonly #options: MlflowWebhookRowsOptions;

  constructor(options: MlflowWebhookRowsOptions) {
    this.#options = options;
  }

  async ensure(server: MlflowServer, target: WebhookTarget): Promise<void> {
    const { url, secret } = target;
    const http = await this.#connect(server);
    const prefix = await this.#prefix();
    // MLflow never shows a secret. The name contains its fingerprint, so a new secret makes a new row.
    const name = `${prefix}${fingerprint(secret)}`;
    const rows = await this.#list(http, prefix, target);
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

  async remove(server: MlflowServer, target: WebhookTarget): Promise<void> {
    const http = await this.#connect(server);
    await this.#delete(http, await this.#list(http, await this.#prefix(), target));
  }

  async #connect(server: MlflowServer): Promise<MlflowHttp> {
    return new MlflowHttp(await this.#options.servers.connection(server));
  }

  /** Starts with the UID, because an earlier release deletes rows that start with `rollout.<namespace>.`. */
  async #prefix(): Promise<string> {
    const { namespace, namespaceUid } = this.#options;
    // MLflow takes names of at most 63 characters.
    return `rollout.${fingerprint(await namespaceUid())}.${namespace.slice(0, 28)}.`;
  }

  /** The rows of this operator: those with its prefix, and those that an earlier release made for the same target. */
  async #list(http: MlflowHttp, prefix: string, { url }: WebhookTarget): Promise<Row[]> {
    const former = `rollout.${this.#options.namespace}.`;
    const rows: Row[] = [];
    const tokens = new Set<string>();
    let token: string | undefined;
    do {
      const page = await http.json(
        pageSchema,
        'GET',
        'webhooks',
        token === undefined ? {} : { page_token: token },
      );
      rows.push(
        ...page.webhooks.filter(
          (row) => row.name.startsWith(prefix) || (row.name.startsWith(former) && row.url === url),
        ),
      );
      token = page.next_page_token || undefined;
      if (token !== undefined && (tokens.has(token) || tokens.size >= MAXIMUM_PAGES)) {
        const message = `the list of webhooks does not end after ${tokens.size + 1} pages`;
        throw new RegistryError('refused', message);
      }
      tokens.add(token ?? '');
    } while (token !== undefined);
    return rows;
  }

  async #delete(http: MlflowHttp, rows: readonly Row[]): Promise<void> {
    for (const { webhook_id: id } of rows) {
      try {
        await http.json(z.unknown(), 'DELETE', `webhooks/${encodeURIComponent(id)}`, {});
      } catch (error) {
        if (!(error instanceof RegistryError && error.kind === 'not_found')) throw error;
      }
    }
  }
}

function fingerprint(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}
