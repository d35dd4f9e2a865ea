import { z } from 'zod';
import { kind } from '../../charts/environments.ts';
import { flag, list, parseConfig } from '../../services/shared/config.ts';

const imageReference = z.string().regex(/^[\w./:@-]+$/, 'must be the name of an image');

const schema = z
  .object({
    /** Docker client that builds. It needs BuildKit. */
    DOCKER: z.string().default('docker'),
    /** Targets to build. */
    IMAGES: list().default([]),
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
      .default(kind.images.tag),
    PLATFORMS: list().default([]),
    PUSH: flag().default(false),
    /** Folder for OCI archives. */
    OUTPUT: z.string().optional(),
    NODE_IMAGE: imageReference.optional(),
    PYTHON_IMAGE: imageReference.optional(),
    /** URL of the sources, for the label. */
    SOURCE: z.url().optional(),
  })
  .superRefine(({ PLATFORMS, PUSH, REGISTRY, OUTPUT }, context) => {
    const refuse = (key: string, message: string) =>
      context.addIssue({ code: 'custom', path: [key], message });
    for (const platform of PLATFORMS)
      if (!/^linux\/(amd64|arm64)$/.test(platform))
        refuse('PLATFORMS', `${platform} is not built: must be linux/amd64, linux/arm64 or both`);
    if (PUSH && REGISTRY === undefined) refuse('REGISTRY', 'is missing: PUSH needs the registry to push to');
    if (PUSH && OUTPUT !== undefined) refuse('OUTPUT', 'excludes PUSH: choose one');
    if (PLATFORMS.length > 1 && !PUSH && OUTPUT === undefined)
      refuse(
        'PLATFORMS',
        'a Docker engine holds an image of one platform: set PUSH=true, or OUTPUT to a folder for OCI archives',
      );
  });

export type BuildSettings = z.output<typeof schema>;

/** Registry and path before the names of the images that stay on this machine. The manifests for kind name it. */
export const LOCAL_PREFIX = kind.images.prefix;

/** @throws ConfigError that names every wrong setting */
export function readBuildSettings(environment: Readonly<Record<string, string | undefined>>): BuildSettings {
  return parseConfig(schema, environment);
}
