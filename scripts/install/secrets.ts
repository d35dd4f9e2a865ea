/**
 * Creates the Kubernetes Secrets that do not exist yet, with random values. An existing Secret stays as it is.
 *   secrets <secret>/<key>:<kind>...    kind: hex (256 random bits) or fernet (a Fernet key)
 * Needs POD_NAMESPACE, and the right to create Secrets in that namespace.
 */
import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { PART_OF_LABEL, SYSTEM_NAME } from '../../services/shared/agreements/kubernetes-names.ts';
import { parseConfig } from '../../services/shared/config.ts';
import { loadKubeConfig } from '../../services/shared/kubernetes/kube-config.ts';
import { KubernetesClient } from '../../services/shared/kubernetes/kubernetes-client.ts';
import { hasReason } from '../../services/shared/kubernetes/kubernetes-error.ts';
import { secretInstallSettings } from '../settings.ts';

const KINDS = {
  hex: () => randomBytes(32).toString('hex'),
  // 32 bytes in URL-safe base64 with its padding: https://github.com/fernet/spec
  fernet: () => randomBytes(32).toString('base64').replaceAll('+', '-').replaceAll('/', '_'),
};

const argumentSchema = z.templateLiteral([
  z.string().regex(/^[a-z0-9-]+$/),
  '/',
  z.string().regex(/^[a-z0-9-]+$/),
  ':',
  z.enum(['hex', 'fernet']),
]);

type Secret = Map<string, keyof typeof KINDS>;

function parseSecrets(arguments_: readonly string[]): Map<string, Secret> {
  const secrets = new Map<string, Secret>();
  for (const argument of arguments_) {
    if (!argumentSchema.safeParse(argument).success)
      throw new Error(`${argument}: must be <secret>/<key>:<hex|fernet>`);
    const [secret = '', key = '', kind = ''] = argument.split(/[/:]/);
    secrets.set(secret, (secrets.get(secret) ?? new Map()).set(key, kind));
  }
  return secrets;
}

async function main(): Promise<void> {
  const secrets = parseSecrets(process.argv.slice(2));
  const { POD_NAMESPACE: namespace } = parseConfig(secretInstallSettings, process.env);
  const client = new KubernetesClient({ kubeConfig: loadKubeConfig() });
  for (const [name, keys] of secrets) {
    const stringData = Object.fromEntries([...keys].map(([key, kind]) => [key, KINDS[kind]()]));
    try {
      await client.create(`/api/v1/namespaces/${namespace}/secrets`, {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name, namespace, labels: { [PART_OF_LABEL]: SYSTEM_NAME } },
        stringData,
      } as { metadata: { name: string } });
      console.log(`${name}: created`);
    } catch (error) {
      if (!hasReason(error, 'AlreadyExists')) throw error;
      console.log(`${name}: exists`);
    }
  }
  await client.close();
}

try {
  await main();
} catch (error) {
  console.error(`secrets: ${(error as Error).message}`);
  process.exitCode = 1;
}
