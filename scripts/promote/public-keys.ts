import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import {
  EnvelopeError,
  keyIdOf,
  parsePublicKey,
  type TrustedKey,
} from '../../services/shared/statements/envelope.ts';
import { UsageError } from '../command-line/usage-error.ts';
import { readSmallFile } from './private-key.ts';

/** Name of the directory with public keys if nothing names another. */
const DEFAULT_PATH = 'promotion-keys';

const ENTRY = /^([a-zA-Z0-9]([-_.a-zA-Z0-9]{0,61}[a-zA-Z0-9])?)\.pem$/;

const configMapSchema = z.object({
  kind: z.literal('ConfigMap'),
  data: z.record(z.string(), z.string()).default({}),
});

/** Where public keys are: the option, the variable, or the default. */
export function keysPath(
  option: string | undefined,
  { PROMOTE_KEYS }: { readonly PROMOTE_KEYS?: string | undefined },
): string {
  return option ?? (PROMOTE_KEYS || DEFAULT_PATH);
}

/**
 * The public keys of a directory with files `NAME.pem`, or of a ConfigMap with such entries as YAML or JSON.
 * @throws UsageError that names the entry
 */
export function readPublicKeys(path: string): readonly TrustedKey[] {
  const entries = [...entriesOf(path)].sort(([a], [b]) => (a < b ? -1 : 1));
  if (entries.length === 0)
    throw new UsageError(`${path} holds no public key NAME.pem; make one with \`promote keygen NAME\``);
  const keys = entries.map(([entry, pem]) => trustedKey(path, entry, pem));
  for (const { name, id } of keys) {
    const other = keys.find((key) => key.id === id && key.name !== name);
    // The operator counts such a key for nothing: the names may stand for different people.
    if (other !== undefined)
      throw new UsageError(
        `${path}: ${name}.pem and ${other.name}.pem hold the same key; remove one of them`,
      );
  }
  return keys;
}

/** As `readPublicKeys`. Empty if nothing names a place and the default does not exist. */
export function publicKeysIfAny(
  option: string | undefined,
  environment: { readonly PROMOTE_KEYS?: string | undefined },
): readonly TrustedKey[] {
  const path = keysPath(option, environment);
  const isNamed = option !== undefined || Boolean(environment.PROMOTE_KEYS);
  return isNamed || statSync(path, { throwIfNoEntry: false }) !== undefined ? readPublicKeys(path) : [];
}

function entriesOf(path: string): Map<string, string> {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined)
    throw new UsageError(
      `there is no directory or file ${path} with public keys: give --keys, or make a key with \`promote keygen NAME\``,
    );
  if (!found.isDirectory()) return new Map(Object.entries(configMapOf(path)));
  const names = readdirSync(path).filter((name) => name.endsWith('.pem'));
  return new Map(names.map((name) => [name, readSmallFile(join(path, name))]));
}

function configMapOf(path: string): Readonly<Record<string, string>> {
  const text = readSmallFile(path);
  let value: unknown;
  try {
    value = parse(text);
  } catch {
    throw new UsageError(`${path} is neither a directory nor a ConfigMap in YAML or JSON`);
  }
  const configMap = configMapSchema.safeParse(value);
  if (configMap.success) return configMap.data.data;
  throw new UsageError(`${path} is no ConfigMap with entries NAME.pem`);
}

function trustedKey(path: string, entry: string, pem: string): TrustedKey {
  const name = ENTRY.exec(entry)?.[1];
  if (name === undefined)
    throw new UsageError(
      `${path}: the entry ${JSON.stringify(entry)} is not NAME.pem with a name of at most 63 letters, digits, - _ and .`,
    );
  try {
    const key = parsePublicKey(pem);
    return { name, id: keyIdOf(key), key };
  } catch (error) {
    if (!(error instanceof EnvelopeError)) throw error;
    throw new UsageError(`${path}: ${entry} ${error.message}`);
  }
}
