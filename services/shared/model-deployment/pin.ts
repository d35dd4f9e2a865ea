import { z } from 'zod';

/** Break glass: which version must serve, whatever the alias names and whether or not MLflow answers. */
export const pin = z
  .object({
    version: z
      .string()
      .regex(/^\d{1,20}$/)
      .describe('Version to serve. It must be in status.stable or status.history.'),
    digest: z
      .string()
      .regex(/^sha256:[0-9a-f]{64}$/)
      .describe('Digest that the status shows for that version.'),
    reason: z
      .string()
      .min(1)
      .max(500)
      .optional()
      .describe('Why, for the status, for Events and for the record.'),
  })
  .describe(
    'Break glass. The version serves at once and without a gate, and the alias is ignored until the pin is removed. MLflow need not answer. The version that is left stays refused (`BreakGlass`).',
  );
