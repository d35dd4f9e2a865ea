import { MODEL } from '../../charts/model-deployment.ts';
import { CHAMPION_ALIAS, KEY_CONFIG_MAPS } from '../../services/shared/agreements/kubernetes-names.ts';
import { ModelRegistry } from '../../services/shared/mlflow/model-registry.ts';
import type { ModelDeploymentSpec } from '../../services/shared/model-deployment/spec.ts';
import type { Statement } from '../../services/shared/statements/statement.ts';
import { type SigningPerson, signingPerson } from '../support/signing-person.ts';
import { kubectl } from './kubectl.ts';
import { promote, rolloutStatus, servingVersion } from './promotion.ts';
import type { Steps } from './steps.ts';
import { assertSound } from './traffic.ts';
import { underLoad } from './under-load.ts';
import { registerChanged } from './versions.ts';
import { waitUntil } from './wait-until.ts';

const [CONFIG_MAP] = KEY_CONFIG_MAPS;
const VALID_SECONDS = 3_600;
/** The operator reads statements once in `pollSeconds`, 10 s. The verification Job comes before. */
const HELD_SECONDS = 180;
const OTHER_DIGEST = `sha256:${'0'.repeat(64)}`;

/** Two of three keys must sign. Each statement that must not count is told, and no pod loads the version meanwhile. */
export async function proveApproval(steps: Steps, mlflowUrl: string): Promise<void> {
  const before = await servingVersion(300);
  const signers = new Signers(mlflowUrl);
  let version = '';
  try {
    const held = await steps.prove('a version waits while its statements are missing or wrong', async () => {
      await trust(signers.people);
      await demand({
        required: 2,
        publicKeys: { configMap: CONFIG_MAP },
        expiresAfterSeconds: VALID_SECONDS,
      });
      version = await registerChanged(mlflowUrl, before, (files) => files);
      return heldForEachFault(signers, version, before);
    });
    if (!held) return;
    const approved = await steps.prove(
      'one of two approvals holds it, and two promote it, under load',
      async () => {
        await signers.sign(version, signers.alice);
        await isHeld(version, before, 'ApprovalIncomplete');
        const account = await underLoad(`approved-${version}`, async () => {
          await signers.sign(version, signers.bob);
          await promote(mlflowUrl, version, { timeoutSeconds: 600 });
        });
        const approvals = (await rolloutStatus()).stable?.approvals ?? [];
        const names = approvals.flatMap(({ keys }) => keys).sort();
        if (names.join() !== 'alice,bob') throw new Error(`approved by ${JSON.stringify(approvals)}`);
        return `${assertSound(account)}; approved by ${names.join(' and ')}`;
      },
    );
    if (!approved) return;
    await steps.prove('a statement does not bring a version back that was replaced', async () => {
      await underLoad(`replayed-${version}`, async () => {
        await moveAlias(mlflowUrl, before);
        await isHeld(before, version, 'Unsigned');
        for (const person of [signers.alice, signers.bob]) await signers.sign(before, person);
        await promote(mlflowUrl, before);
      });
      await moveAlias(mlflowUrl, version);
      return isHeld(version, before, 'StatementReplayed');
    });
  } finally {
    await steps.prove('without spec.approval the alias decides alone again', async () => {
      await moveAlias(mlflowUrl, before);
      await demand(null);
      await kubectl(['delete', 'configmap', CONFIG_MAP, '--ignore-not-found']);
      await underLoad(`unapproved-${before}`, () => promote(mlflowUrl, before, { timeoutSeconds: 600 }));
      return undefined;
    });
  }
}

/** @returns what the condition said about each fault */
async function heldForEachFault(signers: Signers, version: string, serves: string): Promise<string> {
  const past = new Date(Date.now() - 2 * VALID_SECONDS * 1000).toISOString();
  await moveAlias(signers.mlflowUrl, version);
  await isHeld(version, serves, 'Unsigned');
  await signers.sign(version, signers.mallory);
  const told = [await isHeld(version, serves, 'UntrustedKey')];
  await signers.sign(version, signers.alice, { digest: OTHER_DIGEST });
  told.push(await isHeld(version, serves, 'StatementMismatch'));
  await signers.sign(version, signers.alice, { at: past });
  told.push(await isHeld(version, serves, 'StatementExpired'));
  return told.at(-1) ?? '';
}

/** Waits until the version is held for the reason. No pod may load it, and the former version serves. @returns the message */
async function isHeld(version: string, serves: string, reason: string): Promise<string> {
  return waitUntil(`version ${version} held for ${reason}`, HELD_SECONDS, async () => {
    const { phase, stable, candidate, conditions = [] } = await rolloutStatus();
    const approved = conditions.find(({ type }) => type === 'Approved');
    if (candidate?.version === version && candidate.mode !== undefined)
      throw new Error(`it is in phase ${phase}`);
    if (stable?.version !== serves) throw new Error(`version ${stable?.version} serves`);
    const isSo =
      phase === 'AwaitingApproval' && candidate?.version === version && approved?.reason === reason;
    if (!isSo) throw new Error(`${phase}, ${approved?.reason}: ${approved?.message}`);
    return approved.message;
  });
}

async function moveAlias(mlflowUrl: string, version: string): Promise<void> {
  await new ModelRegistry({ url: mlflowUrl }).setAlias(MODEL, CHAMPION_ALIAS, version);
}

async function demand(approval: Partial<ModelDeploymentSpec['approval']> | null): Promise<void> {
  const patch = JSON.stringify({ spec: { approval } });
  await kubectl(['patch', 'modeldeployment', MODEL, '--type=merge', `--patch=${patch}`]);
}

async function trust(people: readonly SigningPerson[]): Promise<void> {
  const data = Object.fromEntries(people.map(({ name, pem }) => [`${name}.pem`, pem]));
  const configMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: CONFIG_MAP }, data };
  await kubectl(['apply', '--filename=-'], { input: JSON.stringify(configMap) });
}

/** People with keys, of whom nobody trusts mallory. */
class Signers {
  readonly alice = signingPerson('alice');
  readonly bob = signingPerson('bob', 'ed25519');
  readonly mallory = signingPerson('mallory');
  readonly mlflowUrl: string;
  readonly #registry: ModelRegistry;

  constructor(mlflowUrl: string) {
    this.mlflowUrl = mlflowUrl;
    this.#registry = new ModelRegistry({ url: mlflowUrl });
  }

  get people(): readonly SigningPerson[] {
    return [this.alice, this.bob, signingPerson('carol', 'p384')];
  }

  async sign(version: string, person: SigningPerson, change: Partial<Statement> = {}): Promise<void> {
    const { tags } = await this.#registry.getVersion(MODEL, version);
    const statement: Statement = {
      kind: 'promote',
      model: MODEL,
      version,
      digest: tags.digest ?? '',
      alias: CHAMPION_ALIAS,
      actor: person.name,
      reason: 'cluster test',
      at: new Date().toISOString(),
      ...change,
    };
    const { key, value } = person.sign(statement);
    await this.#registry.setVersionTag(MODEL, version, key, value);
  }
}
