import { z } from 'zod';
import { KEY_ENTRY_SUFFIX } from '../agreements/kubernetes-names.ts';

/** Longest validity of a statement, in seconds: a year. Statements that promoted a version are remembered for as long. */
export const MAXIMUM_VALIDITY_SECONDS = 31_536_000;
/** A week. */
export const DEFAULT_VALIDITY_SECONDS = 604_800;

const configMap = z
  .string()
  .regex(/^[a-z0-9]+(?:-+[a-z0-9]+)*(?:\.[a-z0-9]+(?:-+[a-z0-9]+)*)*$/)
  .max(253)
  .describe(
    `Name of a ConfigMap in the same namespace. Each entry NAME${KEY_ENTRY_SUFFIX} is a public key in PEM: ECDSA P-256, ECDSA P-384 or Ed25519. The operator may read promotion-keys alone.`,
  );

export const approval = z
  .object({
    required: z
      .int()
      .min(0)
      .max(10)
      .default(1)
      .describe(
        'Number of different keys that must have signed that the alias may name the version. 0: a signed rejection counts, and nothing is asked for.',
      ),
    publicKeys: z.object({ configMap }).describe('The keys that the operator trusts.'),
    expiresAfterSeconds: z
      .int()
      .min(60)
      .max(MAXIMUM_VALIDITY_SECONDS)
      .default(DEFAULT_VALIDITY_SECONDS)
      .describe('Seconds after its time for which a statement can promote a version. Default: a week.'),
    automatedKeys: z
      .array(z.string().min(1).max(253))
      .max(20)
      .default([])
      .describe(
        'Names of keys that belong to no person, for example to the training job: NAME of an entry NAME.pem. Such keys alone promote nothing. While a name is no key, every version waits.',
      ),
  })
  .describe(
    'Signed statements that a version needs before pods load it. If absent, whoever may move the alias decides alone.',
  );
