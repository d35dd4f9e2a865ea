import { z } from 'zod';
import { flag } from '../shared/config.ts';
import { readSigningKeys, type SigningKeys, SigningKeysError } from './model/signature/signing-keys.ts';

/** Settings about signatures of models, of the service and of the verification. */
export const signatureSettings = {
  MODEL_SIGNING_KEYS_DIRECTORY: z
    .string()
    .optional()
    .describe(
      'Directory with the public keys NAME.pem that may sign a model. Read for each model that is loaded.',
    ),
  REQUIRE_MODEL_SIGNATURE: flag()
    .default(false)
    .describe('If true, a version is refused if no key in MODEL_SIGNING_KEYS_DIRECTORY signed its files.'),
};

interface Settings {
  readonly MODEL_SIGNING_KEYS_DIRECTORY?: string | undefined;
  readonly REQUIRE_MODEL_SIGNATURE: boolean;
}

/**
 * Reads the keys anew at each call, because Kubernetes replaces the files when the ConfigMap changes. Undefined if no
 * signature is demanded. A call throws a SigningKeysError if there is no usable key.
 */
export function signingKeysOf({
  MODEL_SIGNING_KEYS_DIRECTORY: directory,
  REQUIRE_MODEL_SIGNATURE: required,
}: Settings): (() => SigningKeys) | undefined {
  if (!required) return undefined;
  return () => {
    if (directory !== undefined) return readSigningKeys(directory);
    throw new SigningKeysError(
      "a signature of the model is demanded, and no key is trusted: MODEL_SIGNING_KEYS_DIRECTORY is not set. Set it in the target's container, and mount the ConfigMap with the public keys there",
    );
  };
}
