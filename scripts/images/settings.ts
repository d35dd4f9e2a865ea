import { z } from 'zod';
import { flag, list, parseConfig } from '../../services/shared/config.ts';
import { repositoryRoot } from '../stack/paths.ts';
import { imagesOfManifests } from './images-of-manifests.ts';

const imageReference = z.string().regex(/^[\w./:@-]+$/, 'must be the name of an image');

const schema = z
  .object({
    /** Docker client that builds. It needs BuildKit. */
    DOCKER: z.string().default('docker'),
    /** Targets to build. */
    IMAGES: list().default([]),
    /** Folder with the manifests whose images are built. */
    MANIFESTS: z.string().default(`${repositoryRoot}/k8s/kind`),
    REGISTRY: z
      .string()
      .regex(
        /^[a-z0-9][\w.-]*(?::\d+)?(?:\/[\w.-]+)*$/,
        'must be a registry and a path, without a scheme and without a trailing slash',
      )
      .optional(),
    TAG: z
      .string()
      .regex(/^(?!latest$)\w[\w.-]{0,127}$/, 'must be a tag other than latest, which may change')
      .optional(),
    PLATFORMS: list().default([]),
    PUSH: flag().default(false),
    /** Folder for OCI archives. */
    OUTPUT: z.string().optional(),
    NODE_IMAGE: imageReference.optional(),
    PYTHON_IMAGE: imageReference.optional(),
    /** URL of the sources, for the label. */
    SOURCE: z.url().optional(),
  })
  .superRefine(({ PLATFORMS, PUSH, OUTPUT }, context) => {
    const refuse = (key: string, message: string) =>
      context.addIssue({ code: 'custom', path: [key], message });
    for (const platform of PLATFORMS)
      if (!/^linux\/(amd64|arm64)$/.test(platform))
        refuse('PLATFORMS', `${platform} is not built: must be linux/amd64, linux/arm64 or both`);
    if (PUSH && OUTPUT !== undefined) refuse('OUTPUT', 'excludes PUSH: choose one');
    if (PLATFORMS.length > 1 && !PUSH && OUTPUT === undefined)
      refuse(
        'PLATFORMS',
        'a Docker engine holds an image of one platform: set PUSH=true, or OUTPUT to a folder for OCI archives',
      );
  });

/** How images are built. Prefix, tag and targets are those of the manifests, unless they are given. */
export interface BuildSettings
  extends Omit<z.output<typeof schema>, 'REGISTRY' | 'TAG' | 'IMAGES' | 'MANIFESTS'> {
  /** Registry and path before the name of each image. */
  readonly prefix: string;
  readonly tag: string;
  readonly targets: readonly string[];
}

/** @throws ConfigError that names every wrong setting; Error if the manifests name no images */
export function readBuildSettings(environment: Readonly<Record<string, string | undefined>>): BuildSettings {
  const { REGISTRY, TAG, IMAGES, MANIFESTS, ...settings } = parseConfig(schema, environment);
  const named = imagesOfManifests(MANIFESTS);
  const prefix = REGISTRY ?? named.prefix;
  if (settings.PUSH && !hasRegistry(prefix))
    throw new Error(
      REGISTRY === undefined
        ? `REGISTRY is missing: PUSH needs a registry, and ${MANIFESTS} names the images ${prefix}/… without one`
        : `REGISTRY = ${REGISTRY} has no host. PUSH needs one, for example docker.io/${REGISTRY} or registry.example.com/${REGISTRY}`,
    );
  return { ...settings, prefix, tag: TAG ?? named.tag, targets: IMAGES.length > 0 ? IMAGES : named.targets };
}

/** Docker's rule: the part before the first slash is a host if it is localhost, or holds a point or a port. */
function hasRegistry(prefix: string): boolean {
  const [host = ''] = prefix.split('/');
  return host === 'localhost' || host.includes('.') || host.includes(':');
}
