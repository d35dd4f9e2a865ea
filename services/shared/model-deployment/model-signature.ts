import { z } from 'zod';

export const requireModelSignature = z
  .boolean()
  .default(false)
  .describe(
    "If true, the verification refuses a version whose files no trusted key signed. The keys are those that the target's container mounts in MODEL_SIGNING_KEYS_DIRECTORY. Pods do the same if their own REQUIRE_MODEL_SIGNATURE is true.",
  );
