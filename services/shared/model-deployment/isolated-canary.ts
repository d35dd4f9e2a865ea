import { z } from 'zod';
import { ISOLATED_CANARY } from '../agreements/kubernetes-names.ts';

/** Pods of their own for a candidate that could take a serving pod down. */
export const isolatedCanary = z
  .object({
    deployment: z
      .string()
      .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/)
      .max(63)
      .default(ISOLATED_CANARY)
      .describe(
        'Deployment, and Service of the same name, whose pods run the candidate. The operator sets its pin and its replicas.',
      ),
    container: z
      .string()
      .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/)
      .max(63)
      .default('inference')
      .describe('Container of that Deployment in which the operator sets MODEL_VERSION and MODEL_DIGEST.'),
    replicas: z
      .int()
      .min(1)
      .max(100)
      .default(1)
      .describe(
        'Pods that run the candidate in shadow and canary. They score the keys of every pod of the target.',
      ),
  })
  .describe(
    'The candidate runs in pods of its own in shadow and canary. The pods of the target send the keys of the candidate there. If absent, the pods of the target load the candidate.',
  );
