import type { ModelRegistry, ModelVersion } from '../../services/shared/mlflow/model-registry.ts';
import { RegistryError } from '../../services/shared/mlflow/registry-error.ts';
import { Refusal, UsageError } from '../command-line/usage-error.ts';
import type { Desk } from './desk.ts';
import type { Followers } from './followers.ts';
import { filesOfVersion, type OnProblem, type VersionFiles } from './version-files.ts';

/** What a person must know before signing something about a version. */
export interface VersionView extends VersionFiles {
  readonly version: string;
  readonly tags: Readonly<Record<string, string>>;
  /** Version that the alias names. */
  readonly named: string | undefined;
  /** What rollouts say of versions that serve. */
  readonly serving: readonly ServingVersion[];
  readonly followers: Followers;
}

interface ServingVersion {
  /** `<namespace>.<name>` of the ModelDeployment. */
  readonly rollout: string;
  readonly version: string;
  readonly state: string;
}

/** Values of the tag `rollout.….status` of the one version that serves. */
const SERVING_STATES = ['Stable', 'Serving', 'Soaking'];

/** After so long a person is told for what the command waits. */
const SLOW_MILLISECONDS = 5_000;

const ROLLOUT_STATUS = /^rollout\.(.+)\.status$/;

/**
 * Gathers what is known about a version, and checks its files.
 * @param name number of the version, or an alias that names it
 */
export async function lookAtVersion(
  desk: Desk,
  registry: ModelRegistry,
  name: string,
  onProblem: OnProblem = 'refuse',
): Promise<VersionView> {
  const slow = setTimeout(
    () => desk.terminal.say(`waiting for MLflow at ${desk.place}, or for the cluster of the kubeconfig`),
    SLOW_MILLISECONDS,
  );
  try {
    return await look(desk, registry, name, onProblem);
  } finally {
    clearTimeout(slow);
  }
}

async function look(
  desk: Desk,
  registry: ModelRegistry,
  name: string,
  onProblem: OnProblem,
): Promise<VersionView> {
  const { model, alias } = desk;
  const aliases = await registry.aliases(model);
  const version = versionOf(desk, aliases, name);
  const [{ tags }, newest] = await Promise.all([
    foundVersion(desk, registry, version),
    newestVersions(registry, model),
  ]);
  const [files, followers] = await Promise.all([
    filesOfVersion(registry, { model, version, tags }, onProblem),
    desk.findFollowers(namespacesOf(newest)),
  ]);
  return { version, tags, ...files, named: aliases[alias], serving: servingOf(newest), followers };
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

/** They say which version serves, and no more. MLflow cannot look for a name with both kinds of quotes. */
async function newestVersions(registry: ModelRegistry, model: string): Promise<readonly ModelVersion[]> {
  try {
    return await registry.newestVersions(model);
  } catch (error) {
    if (error instanceof RegistryError && error.kind === 'refused') return [];
    throw error;
  }
}

/** Namespaces of the ModelDeployments that left a tag at a version. */
function namespacesOf(versions: readonly ModelVersion[]): readonly string[] {
  const names = versions.flatMap(({ tags }) =>
    Object.keys(tags).flatMap((key) => ROLLOUT_STATUS.exec(key)?.[1]?.split('.')[0] ?? []),
  );
  return [...new Set(names)];
}

function servingOf(versions: readonly ModelVersion[]): readonly ServingVersion[] {
  return versions.flatMap(({ version, tags }) =>
    Object.entries(tags).flatMap(([key, state]) => {
      const rollout = ROLLOUT_STATUS.exec(key)?.[1];
      return rollout !== undefined && SERVING_STATES.includes(state) ? [{ rollout, version, state }] : [];
    }),
  );
}
