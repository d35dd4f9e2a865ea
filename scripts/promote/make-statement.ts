import { createPublicKey } from 'node:crypto';
import type { ModelRegistry } from '../../services/shared/mlflow/model-registry.ts';
import { ENVELOPE_CHARACTERS } from '../../services/shared/statements/envelope.ts';
import { standingRejections } from '../../services/shared/statements/rejections.ts';
import {
  MOST_TAKEN_BACK,
  readStatements,
  type Statement,
  signStatement,
  statementSchema,
} from '../../services/shared/statements/statement.ts';
import { confirm } from '../command-line/confirm.ts';
import { Refusal, UsageError } from '../command-line/usage-error.ts';
import type { Desk } from './desk.ts';
import type { JudgedTags } from './judged-statements.ts';
import { keyName, type Signer } from './signer.ts';
import type { VersionView } from './version-view.ts';
import { viewLines } from './view-text.ts';

/** What is stated about the version of the view. */
export type Claim = Pick<Statement, 'kind' | 'weightPercent'>;

interface Options {
  readonly isSure: boolean;
  readonly movesAlias: boolean;
}

/**
 * Shows what will be signed, asks, and stores the statement in a tag of its own.
 * @throws Refusal, UsageError, RegistryError
 */
export async function makeStatement(
  desk: Desk,
  registry: ModelRegistry,
  signer: Signer,
  view: VersionView,
  statements: JudgedTags,
  claim: Claim,
  { isSure, movesAlias }: Options,
): Promise<void> {
  const { model, alias, terminal } = desk;
  // A person may think for a while, so the time is that of the signature. Everything else is checked before the question.
  sign(desk, signer, view, claim);
  for (const line of viewLines(desk, view, statements)) terminal.say(line);
  terminal.say('');
  terminal.say(`You state as ${signer.actor}, with the key ${keyName(signer)}:`);
  terminal.say(`  ${claimText(claim, view.version, alias)}: ${signer.reason}`);
  const rejections = takenBack(desk, signer, view, claim).length;
  if (rejections > 0) terminal.say('  This takes back that you rejected the version.');
  if (rejections > MOST_TAKEN_BACK)
    terminal.say(
      `  You rejected it ${rejections} times, and a statement takes ${MOST_TAKEN_BACK} back: sign again for the rest.`,
    );
  if (!signer.trusted.some(({ id }) => id === signer.id))
    terminal.say(
      `  Your key is not among the public keys here. It counts only if the ConfigMap of the cluster has it.`,
    );
  if (movesAlias) terminal.say(`Then ${alias} moves from ${view.named ?? 'no version'} to ${view.version}.`);
  await confirm(terminal, isSure, 'Sign this?');
  const { key, value } = sign(desk, signer, view, claim);
  if (key in view.tags)
    throw new Refusal(`version ${view.version} has the tag ${key} already, and no statement is overwritten`);
  await registry.setVersionTag(model, view.version, key, value);
  const { tags } = await registry.getVersion(model, view.version);
  if (tags[key] !== value)
    throw new Refusal(
      `MLflow does not give back the tag ${key} as it was written; look with \`promote status\``,
    );
  terminal.out(`${model} version ${view.version}: ${key} is stored`);
  if (movesAlias) await moveAlias(desk, registry, view);
}

/** MLflow cannot move an alias on a condition, so the time between look and move is kept short. */
async function moveAlias({ model, alias, terminal }: Desk, registry: ModelRegistry, view: VersionView) {
  const named = (await registry.aliases(model))[alias];
  if (named === view.version) return terminal.out(`${alias} names version ${view.version} already`);
  if (named !== view.named)
    throw new Refusal(
      `${alias} names ${named ?? 'no version'} now, and not ${view.named ?? 'no version'} as before: somebody moved it. The statement is stored. Look with \`promote status\`, and move the alias yourself`,
    );
  await registry.setAlias(model, alias, view.version);
  terminal.out(`${alias} names version ${view.version}, before ${view.named ?? 'no version'}`);
}

/** Hashes of the rejections that the signer made before, and takes back by a promotion. */
function takenBack({ model, alias }: Desk, signer: Signer, view: VersionView, { kind }: Claim) {
  if (kind !== 'promote') return [];
  const own = { name: keyName(signer), id: signer.id, key: createPublicKey(signer.key) };
  const { version, digest, tags } = view;
  const rejections = standingRejections(readStatements(tags, [own]), { model, version, digest, alias });
  return rejections.map(({ rejected }) => rejected.hash);
}

function sign(desk: Desk, signer: Signer, view: VersionView, claim: Claim) {
  const { model, alias, clock } = desk;
  const takesBack = takenBack(desk, signer, view, claim);
  const statement = statementSchema.safeParse({
    ...claim,
    ...(takesBack.length === 0 ? {} : { takesBack: takesBack.slice(0, MOST_TAKEN_BACK) }),
    model,
    version: view.version,
    digest: view.digest,
    alias,
    ...(view.card === undefined ? {} : { card: view.card }),
    actor: signer.actor,
    reason: signer.reason,
    at: new Date(clock.now()).toISOString(),
  });
  if (!statement.success) {
    const [issue] = statement.error.issues;
    throw new UsageError(`${issue?.path.join('.')}: ${issue?.message}`);
  }
  const tag = signStatement(statement.data, signer.key);
  if (tag.value.length > ENVELOPE_CHARACTERS)
    throw new UsageError(
      `the signed statement has ${tag.value.length} characters, and MLflow takes ${ENVELOPE_CHARACTERS}: shorten the reason`,
    );
  return tag;
}

function claimText({ kind, weightPercent }: Claim, version: string, alias: string): string {
  switch (kind) {
    case 'promote':
      return `${alias} may name version ${version}`;
    case 'approve-step':
      return `the canary of version ${version} may go on after ${weightPercent} %`;
    case 'reject':
      return `version ${version} must not serve`;
  }
}
