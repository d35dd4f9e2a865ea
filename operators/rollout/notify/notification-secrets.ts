import type { KubernetesClient } from '../../../services/shared/kubernetes/kubernetes-client.ts';
import { KubernetesError } from '../../../services/shared/kubernetes/kubernetes-error.ts';
import type { KubernetesObject } from '../../../services/shared/kubernetes/objects.ts';
import type { Notification } from '../../../services/shared/model-deployment/notifications.ts';

/** Longer than any URL or key that is used. */
const VALUE_LENGTH = 4_096;

interface Secret extends KubernetesObject {
  /** In base64. */
  readonly data?: Readonly<Record<string, string>>;
}

export interface NotificationTarget {
  readonly url: string;
  readonly signingKey: Buffer | undefined;
}

/** The Secret does not exist, may not be read, or lacks an entry. The message holds no value. */
export class NotificationSecretError extends Error {
  override readonly name = 'NotificationSecretError';
}

/**
 * The URL and the signing key of a notification. They are read for each delivery, so a rotated value counts at once.
 * @throws NotificationSecretError
 */
export async function targetOf(
  client: Pick<KubernetesClient, 'get'>,
  namespace: string,
  { secret: { name, key, signingKey } }: Notification,
  signal: AbortSignal,
): Promise<NotificationTarget> {
  const { data = {} } = await read(client, namespace, name, signal);
  const value = (entry: string) => {
    const text = Buffer.from(data[entry] ?? '', 'base64')
      .toString()
      .trim();
    if (text !== '' && text.length <= VALUE_LENGTH) return text;
    throw new NotificationSecretError(
      `the Secret ${name} has no entry ${entry} of 1 to ${VALUE_LENGTH} characters`,
    );
  };
  const signing = signingKey === undefined ? undefined : keyOf(name, signingKey, value(signingKey));
  return { url: value(key), signingKey: signing };
}

/** Libraries for Standard Webhooks write the bytes of a key in base64 behind `whsec_`. Another text is the key itself. */
function keyOf(secret: string, entry: string, text: string): Buffer {
  const [, base64] = /^whsec_(.*)$/s.exec(text) ?? [];
  if (base64 === undefined) return Buffer.from(text);
  if (/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?$/.test(base64) && base64 !== '')
    return Buffer.from(base64, 'base64');
  throw new NotificationSecretError(
    `the entry ${entry} of the Secret ${secret} begins with whsec_, but the rest is no base64; copy the key again, or leave whsec_ out`,
  );
}

async function read(
  client: Pick<KubernetesClient, 'get'>,
  namespace: string,
  name: string,
  signal: AbortSignal,
): Promise<Secret> {
  try {
    return await client.get<Secret>(`/api/v1/namespaces/${namespace}/secrets/${name}`, signal);
  } catch (error) {
    if (!(error instanceof KubernetesError) || (error.status !== 403 && error.status !== 404)) throw error;
    const remedy =
      error.status === 404
        ? `the Secret ${name} does not exist; create it in the namespace of the ModelDeployment`
        : `the operator may not read the Secret ${name}; add its name to the Role rollout`;
    throw new NotificationSecretError(remedy, { cause: error });
  }
}
