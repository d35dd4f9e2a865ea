import { z } from 'zod';

const seconds = (minimum: number) => z.int().min(minimum).max(604_800);

export const canaryStep = z.object({
  weightPercent: z
    .int()
    .min(1)
    .max(100)
    .describe('Share of the partition keys that the candidate decides, in percent.'),
  minimumSamples: z
    .int()
    .min(1)
    .max(1_000_000_000)
    .default(100)
    .describe('Minimum number of records that reached the candidate in this step before a verdict.'),
  minimumDurationSeconds: seconds(0)
    .optional()
    .describe(
      'Minimum duration of this step, in seconds. The step does not end before that, however many records it measured. If absent, the step may end with its first passed measurement.',
    ),
  pause: z
    .object({
      durationSeconds: seconds(1)
        .optional()
        .describe(
          'Length of the pause, in seconds. If absent, the pause lasts until somebody approves the step.',
        ),
    })
    .optional()
    .describe(
      'Pause after this step has passed. It ends after its length, or when somebody approves the step: by the annotation approve-step, or by a signed statement. If absent, there is no pause.',
    ),
});

export type CanaryStep = z.output<typeof canaryStep>;
