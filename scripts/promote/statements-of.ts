import type { TrustedKey } from '../../services/shared/statements/envelope.ts';
import { Refusal } from '../command-line/usage-error.ts';
import type { Desk } from './desk.ts';
import { approvingKeys, type JudgedTags, judgedTags, rejectingKeys } from './judged-statements.ts';
import type { Policy } from './policy.ts';
import { keyName, type Signer } from './signer.ts';
import type { VersionView } from './version-view.ts';

/** The statements of the version of the view, judged now. */
export function statementsOf(
  { model, alias, clock }: Desk,
  keys: readonly TrustedKey[],
  { version, digest, tags, followers }: Pick<VersionView, 'version' | 'digest' | 'tags' | 'followers'>,
  { expiresAfterSeconds }: Policy,
): JudgedTags {
  const validity = { nowMilliseconds: clock.now(), expiresAfterSeconds };
  return judgedTags(tags, keys, { model, version, digest, alias }, validity, followers);
}

/** @throws Refusal if another trusted key rejects the version: a further statement would change nothing */
export function assertNotRejected(
  { version }: Pick<VersionView, 'version'>,
  { statements }: JudgedTags,
  signer: Pick<Signer, 'id'>,
): void {
  const others = rejectingKeys(statements).filter(({ id }) => id !== signer.id);
  if (others.length === 0) return;
  const names = others.map(({ name }) => name).join(', ');
  throw new Refusal(
    `version ${version} is rejected by ${names}: only whoever rejected it can take that back, by signing its promotion`,
  );
}

/** @throws Refusal if the key of the signer approves the version already, unless the person wants to sign again */
export function assertNotSigned(
  { version }: Pick<VersionView, 'version'>,
  { statements }: JudgedTags,
  signer: Signer,
  isAgain: boolean,
): void {
  const isRejecting = rejectingKeys(statements).some(({ id }) => id === signer.id);
  if (isAgain || isRejecting || !approvingKeys(statements).some(({ id }) => id === signer.id)) return;
  throw new Refusal(
    `the key ${keyName(signer)} has signed version ${version} already, and each key counts once: another person must approve it. If the operator says StatementReplayed, add --again`,
  );
}
