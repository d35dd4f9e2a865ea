import { BASE_IMAGES, type BaseImageFacts, baseImageReference } from './base-images.ts';
import type { BuildSettings } from './settings.ts';
import { type ImageTarget, imageTarget } from './targets.ts';

/** What the machine and the clone tell. */
export interface BuildFacts {
  /** Whether the Docker client has the plug-in buildx. */
  readonly buildx: boolean;
  readonly bases: Readonly<Record<'node' | 'python', BaseImageFacts>>;
  readonly labels: BuildLabels;
}

/** Labels that change with the commit. A label that is not known is left out. */
export interface BuildLabels {
  readonly version: string;
  readonly revision?: string | undefined;
  /** Time of the commit, so that a second build of the commit has the same label. */
  readonly created?: string | undefined;
  readonly source?: string | undefined;
}

export interface PlannedBuild {
  readonly target: ImageTarget;
  readonly image: string;
  /** Commands of the Docker client, in order. */
  readonly commands: readonly (readonly string[])[];
  /** Whether SBOM and provenance are attached to the image. */
  readonly attested: boolean;
}

/** The name of an image of this project. */
export function imageName(target: string, { prefix, tag }: Pick<BuildSettings, 'prefix' | 'tag'>): string {
  return `${prefix}/${target}:${tag}`;
}

/** @throws Error if the settings need buildx and it is not there, or a target does not exist */
export function planBuilds(settings: BuildSettings, facts: BuildFacts): PlannedBuild[] {
  const { targets, PLATFORMS, OUTPUT } = settings;
  if (!facts.buildx && (PLATFORMS.length > 0 || OUTPUT !== undefined))
    throw new Error(
      `${PLATFORMS.length > 0 ? 'PLATFORMS' : 'OUTPUT'} needs buildx, and \`${settings.DOCKER} buildx version\` does not succeed: ` +
        'install the plug-in (https://docs.docker.com/go/buildx/), or leave the setting out',
    );
  return targets.map((name) => planBuild(imageTarget(name), settings, facts));
}

function planBuild(target: ImageTarget, settings: BuildSettings, facts: BuildFacts): PlannedBuild {
  const { PLATFORMS, PUSH, OUTPUT } = settings;
  const image = imageName(target.name, settings);
  const attested = facts.buildx && (PUSH || OUTPUT !== undefined);
  const args = [
    ...['--target', target.name],
    ...['--tag', image],
    ...(PLATFORMS.length > 0 ? ['--platform', PLATFORMS.join(',')] : []),
    ...baseArguments(target, facts, attested),
    ...labelArguments(facts.labels),
  ];
  if (!facts.buildx) {
    const push = PUSH ? [['push', image]] : [];
    return { target, image, attested, commands: [['build', ...args, '.'], ...push] };
  }
  return {
    target,
    image,
    attested,
    commands: [['buildx', 'build', ...args, ...destination(target, settings), '.']],
  };
}

/** Only a registry and an OCI archive can hold an SBOM and the provenance beside the image. */
function destination({ name }: ImageTarget, { PUSH, OUTPUT, tag }: BuildSettings): string[] {
  if (!PUSH && OUTPUT === undefined) return ['--load', '--provenance=false'];
  const output = PUSH ? ['--push'] : ['--output', `type=oci,dest=${OUTPUT}/${name}-${tag}.tar`];
  return [...output, '--provenance=mode=max', '--sbom=true'];
}

function baseArguments({ base }: ImageTarget, { bases }: BuildFacts, remote: boolean): string[] {
  // BuildKit does not look for the base image that the target does not begin with.
  const { argument } = BASE_IMAGES[base];
  // A builder that pushes does not see the images of this engine.
  const facts = remote ? { ...bases[base], madeHere: false } : bases[base];
  return ['--build-arg', `${argument}=${baseImageReference(base, facts)}`];
}

function labelArguments(labels: BuildLabels): string[] {
  return Object.entries(labels).flatMap(([name, value]) =>
    value === undefined ? [] : ['--label', `org.opencontainers.image.${name}=${value}`],
  );
}
