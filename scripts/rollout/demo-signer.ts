import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import {
  CHAMPION_ALIAS,
  KEY_CONFIG_MAPS,
  KEY_ENTRY_SUFFIX,
} from '../../services/shared/agreements/kubernetes-names.ts';
import type { KubernetesObject } from '../../services/shared/kubernetes/objects.ts';
import type { ModelRegistry } from '../../services/shared/mlflow/model-registry.ts';
import { signStatement } from '../../services/shared/statements/statement.ts';

/** The version that a person signs for. */
export interface SignedVersion {
  readonly version: string;
  readonly digest: string;
}

/** A person with a key. */
export class DemoSigner {
  /** Name of the key. */
  readonly name: string;
  readonly actor: string;
  readonly #key: KeyObject;

  private constructor(name: string, actor: string, key: KeyObject) {
    this.name = name;
    this.actor = actor;
    this.#key = key;
  }

  /** With the key in the file `<name>.key.pem` of the directory. A missing key is made. */
  static in(directory: string, name: string, actor: string): DemoSigner {
    const file = `${directory}/${name}.key.pem`;
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    try {
      writeFileSync(file, newKey(), { mode: 0o600, flag: 'wx' });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    return new DemoSigner(name, actor, createPrivateKey(readFileSync(file)));
  }

  get publicKey(): string {
    return createPublicKey(this.#key).export({ type: 'spki', format: 'pem' }).toString();
  }

  /** States in a tag of the version that the alias may name it. */
  async approve(
    registry: ModelRegistry,
    model: string,
    { version, digest }: SignedVersion,
    reason: string,
  ): Promise<void> {
    const { actor } = this;
    const at = new Date().toISOString();
    const alias = CHAMPION_ALIAS;
    const { key, value } = signStatement(
      { kind: 'promote', model, version, digest, alias, actor, reason, at },
      this.#key,
    );
    await registry.setVersionTag(model, version, key, value);
  }
}

function newKey(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/** The public keys that the operator trusts. */
export function keyConfigMap(
  signers: readonly DemoSigner[],
): KubernetesObject & { data: Record<string, string> } {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: KEY_CONFIG_MAPS[0] },
    data: Object.fromEntries(signers.map(({ name, publicKey }) => [`${name}${KEY_ENTRY_SUFFIX}`, publicKey])),
  };
}

/** Writes the public keys as the files `<name>.pem`, for `make promote`. */
export function writePublicKeys(directory: string, signers: readonly DemoSigner[]): void {
  mkdirSync(directory, { recursive: true });
  for (const { name, publicKey } of signers)
    writeFileSync(`${directory}/${name}${KEY_ENTRY_SUFFIX}`, publicKey);
}
