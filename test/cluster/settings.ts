import { z } from 'zod';
import { flag, list, parseConfig } from '../../services/shared/config.ts';

const schema = z.object({
  /** Command that hands the images named after it to the cluster's nodes. */
  IMAGE_LOADER: z.string().default('kind load docker-image'),
  /** The Docker client that builds; it needs BuildKit. */
  DOCKER: z.string().default('docker'),
  /** Components that are left out, because their image cannot be had. */
  WITHOUT: list().default([]),
  /** Leaves the system running. */
  KEEP: z
    .enum(['1', '0'])
    .default('0')
    .transform((value) => value === '1'),
  CONFIRM_CONTEXT: z.string().optional(),
  /** Whether the images are there already. */
  SKIP_BUILD: flag().default(false),
  /** Shell commands that take the API server away and give it back. Unset: that outage is not tried. */
  STOP_API_SERVER: z.string().optional(),
  START_API_SERVER: z.string().optional(),
});

export type Settings = z.output<typeof schema>;

/** @throws ConfigError naming every setting that is wrong */
export function readSettings(environment: Readonly<Record<string, string | undefined>>): Settings {
  return parseConfig(schema, environment);
}
