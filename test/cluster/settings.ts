import { z } from 'zod';
import { flag, list, parseConfig } from '../../services/shared/config.ts';

const schema = z.object({
  /** Command that loads images into the nodes of the cluster. The names of the images are its arguments. */
  IMAGE_LOADER: z.string().optional(),
  /** Docker client that builds the images. It needs BuildKit. */
  DOCKER: z.string().default('docker'),
  /** Components to leave out, because their images are not available. */
  WITHOUT: list().default([]),
  /** Leaves the system running at the end. */
  KEEP: z
    .enum(['1', '0'])
    .default('0')
    .transform((value) => value === '1'),
  CONFIRM_CONTEXT: z.string().optional(),
  /** Uses images that exist already, and builds none. */
  SKIP_BUILD: flag().default(false),
  /** Takes images of others by their tags alone, for a cluster that cannot pull and has its own images of these names. */
  IMAGES_BY_TAG: flag().default(false),
  /** Fails if the cluster does not enforce NetworkPolicies. Else the step that needs them is not run there. */
  REQUIRE_NETWORK_POLICIES: flag().default(false),
  /** Shell commands that stop and start the API server. Unset, and not on kind: the test does not try that outage. */
  STOP_API_SERVER: z.string().optional(),
  START_API_SERVER: z.string().optional(),
});

export type Settings = z.output<typeof schema>;

/** @throws ConfigError that names every wrong setting */
export function readSettings(environment: Readonly<Record<string, string | undefined>>): Settings {
  return parseConfig(schema, environment);
}
