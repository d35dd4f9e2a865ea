import type { CommandInput } from '../command-line/command.ts';
import type { Desk } from './desk.ts';
import { makeStatement } from './make-statement.ts';
import { givenPolicy, policyOf } from './policy.ts';
import { signerOf } from './signer.ts';
import { assertNotRejected, assertNotSigned, statementsOf } from './statements-of.ts';
import { lookAtVersion } from './version-view.ts';

/** A version that may be promoted, as its signer sees it. */
export type Promotion = Awaited<ReturnType<typeof lookAtPromotion>>;

/** @throws Refusal if the version was rejected, or if the signer has signed it already */
export async function lookAtPromotion(input: CommandInput, desk: Desk) {
  const registry = desk.registry();
  const signer = signerOf(input, desk);
  const given = givenPolicy(input);
  const view = await lookAtVersion(desk, registry, input.operands[0] ?? '');
  const statements = statementsOf(desk, signer.trusted, view, policyOf(given, view.followers));
  assertNotRejected(view, statements, signer);
  assertNotSigned(view, statements, signer, input.flag('again'));
  return { registry, signer, view, statements };
}

/** Shows the version, asks, and signs that the alias may name it. */
export async function signPromotion(
  input: CommandInput,
  desk: Desk,
  { registry, signer, view, statements }: Promotion,
): Promise<void> {
  const options = { isSure: input.flag('yes'), movesAlias: input.flag('move-alias') };
  await makeStatement(desk, registry, signer, view, statements, { kind: 'promote' }, options);
}
