import { z } from 'zod';
import { integer } from '../shared/config.ts';

/** Settings of the files that a pod keeps for a rollback. */
export const cacheSettings = {
  MODEL_CACHE_DIRECTORY: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Directory in which the service keeps the files of versions, so that a rollback and a restart need no MLflow. No other process may keep its files there. Files of others stay. Unset: none.',
    ),
  MODEL_CACHE_MEBIBYTES: integer(1, 1_048_576)
    .default(256)
    .describe('Most that the files in MODEL_CACHE_DIRECTORY may hold, in MiB.'),
};
