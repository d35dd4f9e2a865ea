import { processMemory } from '../../services/inference/model/memory.ts';
import { downloadModelArtifact } from '../../services/inference/model/model-artifact.ts';
import { ModelLoadError } from '../../services/inference/model/model-load-error.ts';
import { CARD_TAG, DIGEST_TAG } from '../../services/shared/agreements/version-tags.ts';
import { artifactDigest } from '../../services/shared/contract/digest.ts';
import type { ModelRegistry, ModelVersion } from '../../services/shared/mlflow/model-registry.ts';
import { RegistryError } from '../../services/shared/mlflow/registry-error.ts';
import { printable } from '../../services/shared/printable.ts';
import { Refusal, UsageError } from '../command-line/usage-error.ts';
import type { Desk } from './desk.ts';

/** What a person must know before signing something about a version. */
export interface VersionView {
  readonly version: string;
  readonly tags: Readonly<Record<string, string>>;
  /** Digest that its files have, or only its tag if the files were not read. */
  readonly digest: string;
  /** Undefined: the files were not read. */
  readonly files: { readonly count: number; readonly bytes: number } | undefined;
  /** Digest of the model card. */
  readonly card: string | undefined;
  /** Version that the alias names. */
  readonly named: string | undefined;
  /** What rollouts say of versions that serve. */
  readonly serving: readonly ServingVersion[];
}

interface ServingVersion {
  /** `<namespace>.<name>` of the ModelDeployment. */
  readonly rollout: string;
  readonly version: string;
  readonly state: string;
}

/** Values of the tag `rollout.….status` of the one version that serves. */
const SERVING_STATES = ['Stable', 'Serving', 'Soaking'];

const ROLLOUT_STATUS = /^rollout\.(.+)\.status$/;

const DIGEST = /^sha256:[0-9a-f]{64}$/;

/** Files of the model card, beside the model. */
const CARD_FILES = ['card.md', 'card.html'];
const CARD_LIMIT_BYTES = 16 * 1024 * 1024;
const EMPTY = new Uint8Array();

type Unreadable = 'refuse' | 'take the tag';

/**
 * Gathers what is known about a version, and checks its files.
 * @param name number of the version, or an alias that names it
 * @param unreadable what to do if the files cannot be read: a person who signs must know them, one who rejects need not
 */
export async function lookAtVersion(
  desk: Desk,
  registry: ModelRegistry,
  name: string,
  unreadable: Unreadable = 'refuse',
): Promise<VersionView> {
  const { model, alias } = desk;
  const aliases = await registry.aliases(model);
  const version = versionOf(desk, aliases, name);
  const [{ tags }, newest] = await Promise.all([
    foundVersion(desk, registry, version),
    registry.newestVersions(model),
  ]);
  const card = await cardOf(desk, registry, version, tags[CARD_TAG], unreadable);
  const facts = { version, tags, card, named: aliases[alias], serving: servingOf(newest) };
  const tag = tags[DIGEST_TAG];
  try {
    return { ...facts, ...(await digestOfFiles(desk, registry, version, tag)) };
  } catch (error) {
    if (unreadable === 'refuse' || tag === undefined || !DIGEST.test(tag)) throw error;
    desk.terminal.say(`the files are not checked: ${(error as Error).message}`);
    return { ...facts, digest: tag, files: undefined };
  }
}

/** A number, or the version that the alias names. */
function versionOf(
  { model }: Pick<Desk, 'model'>,
  aliases: Readonly<Record<string, string>>,
  name: string,
): string {
  if (/^\d{1,20}$/.test(name)) return name;
  const version = aliases[name];
  if (version !== undefined) return version;
  throw new UsageError(
    `${JSON.stringify(name)} is neither the number of a version nor an alias of ${model}: its aliases are ${Object.keys(aliases).join(', ') || 'none'}`,
  );
}

async function foundVersion(
  { model, place }: Desk,
  registry: ModelRegistry,
  version: string,
): Promise<ModelVersion> {
  try {
    return await registry.getVersion(model, version);
  } catch (error) {
    if (!(error instanceof RegistryError) || error.kind !== 'not_found') throw error;
    throw new Refusal(`${model} has no version ${version} at ${place}`);
  }
}

async function digestOfFiles(desk: Desk, registry: ModelRegistry, version: string, tag: string | undefined) {
  let files: ReadonlyMap<string, Uint8Array>;
  try {
    ({ files } = await downloadModelArtifact(registry, desk.model, version, processMemory));
  } catch (error) {
    if (error instanceof ModelLoadError) throw new Refusal(`${error.reason}: ${error.message}`);
    throw error;
  }
  const digest = artifactDigest(files);
  if (tag !== undefined && tag !== digest)
    throw new Refusal(
      `the files of version ${version} have the digest ${digest}, and its tag ${DIGEST_TAG} says ${tag}: they were changed after the registration. Register the model again`,
    );
  const bytes = [...files.values()].reduce((sum, content) => sum + content.length, 0);
  return { digest, files: { count: files.size, bytes } };
}

/** The digest of the model card, which is the page and its text. */
async function cardOf(
  { model, terminal }: Desk,
  registry: ModelRegistry,
  version: string,
  tag: string | undefined,
  unreadable: Unreadable,
): Promise<string | undefined> {
  if (tag === undefined) return undefined;
  try {
    const contents = await Promise.all(
      CARD_FILES.map((file) => registry.downloadArtifact(model, version, file, CARD_LIMIT_BYTES)),
    );
    const digest = artifactDigest(new Map(CARD_FILES.map((file, index) => [file, contents[index] ?? EMPTY])));
    if (digest === tag) return digest;
    throw new Refusal(
      `the model card of version ${version} has the digest ${digest}, and its tag ${CARD_TAG} says ${printable(tag)}: it was changed after the registration. Register the model again`,
    );
  } catch (error) {
    if (unreadable === 'refuse') throw error;
    terminal.say(`the model card is not checked: ${(error as Error).message}`);
    return DIGEST.test(tag) ? tag : undefined;
  }
}

function servingOf(versions: readonly ModelVersion[]): readonly ServingVersion[] {
  return versions.flatMap(({ version, tags }) =>
    Object.entries(tags).flatMap(([key, state]) => {
      const rollout = ROLLOUT_STATUS.exec(key)?.[1];
      return rollout !== undefined && SERVING_STATES.includes(state) ? [{ rollout, version, state }] : [];
    }),
  );
}
