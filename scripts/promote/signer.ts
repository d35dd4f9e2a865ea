import type { KeyObject } from 'node:crypto';
import type { z } from 'zod';
import { keyIdOf, type TrustedKey } from '../../services/shared/statements/envelope.ts';
import { statementSchema } from '../../services/shared/statements/statement.ts';
import type { CommandInput } from '../command-line/command.ts';
import { UsageError } from '../command-line/usage-error.ts';
import type { Desk } from './desk.ts';
import { readPrivateKey } from './private-key.ts';
import { publicKeysIfAny } from './public-keys.ts';

/** Who signs, with which key and why. */
export interface Signer {
  readonly key: KeyObject;
  readonly id: string;
  readonly actor: string;
  readonly reason: string;
  /** Keys that are trusted, as far as this machine knows. */
  readonly trusted: readonly TrustedKey[];
}

/** Reads all that signing needs, before anything is asked of MLflow. @throws UsageError, Refusal */
export function signerOf(input: CommandInput, { environment }: Desk): Signer {
  const file = input.text('key') ?? (environment.PROMOTE_KEY_FILE || undefined);
  if (file === undefined)
    throw new UsageError(
      'give your private key with --key, or set PROMOTE_KEY_FILE; `promote keygen` makes one',
    );
  const actor = input.text('actor') ?? (environment.PROMOTE_ACTOR || undefined);
  if (actor === undefined) throw new UsageError('give your name with --actor, or set PROMOTE_ACTOR');
  assertLine('--actor', statementSchema.shape.actor, actor);
  const reason = input.text('reason');
  if (reason === undefined) throw new UsageError('give --reason: the record says why');
  assertLine('--reason', statementSchema.shape.reason, reason);
  const passphrase = input.text('passphrase-file') ?? (environment.PROMOTE_PASSPHRASE_FILE || undefined);
  const key = readPrivateKey(file, passphrase);
  return { key, id: keyIdOf(key), actor, reason, trusted: publicKeysIfAny(input.text('keys'), environment) };
}

/** Such a text would be no part of a statement. */
function assertLine(option: string, part: z.ZodString, text: string): void {
  if (text.trim() !== '' && part.safeParse(text).success) return;
  throw new UsageError(`${option}: give one line of 1 to ${part.maxLength} characters`);
}

/** The name under which a key is trusted, or the beginning of its id. */
export function keyName({ id, trusted }: Pick<Signer, 'id' | 'trusted'>): string {
  return trusted.find((key) => key.id === id)?.name ?? id.slice(0, 12);
}
