import type {
  InferenceVariable,
  TrainingVariable,
} from '../services/shared/agreements/environment-variables.ts';
import type { Environment } from './environment.ts';
import type { Mount, Variables } from './pod.ts';
import { secretVolume } from './volume.ts';

/** ConfigMap with the public keys `NAME.pem` that may sign a model. */
const PUBLIC_KEYS = 'model-signing-keys';

/** Secret with the private key `key.pem`, by which training signs its models. */
const PRIVATE_KEY = 'model-signing-key';

const PUBLIC_FOLDER = '/etc/model-signing-keys';
const PRIVATE_FOLDER = '/etc/model-signing-key';

interface Signing<Name extends string> {
  readonly environment: Variables<Name>;
  readonly mounts: Readonly<Record<string, Mount>>;
}

/**
 * The public keys in a pod that loads models. The verification mounts what the target mounts. Pods start without the
 * ConfigMap, and see the keys within a minute or two once it exists.
 */
export function signingKeys({ modelSignatures }: Environment): Signing<InferenceVariable> {
  const volume = { name: PUBLIC_KEYS, configMap: { name: PUBLIC_KEYS, optional: true } };
  return {
    environment: {
      MODEL_SIGNING_KEYS_DIRECTORY: PUBLIC_FOLDER,
      ...(modelSignatures === 'required' ? { REQUIRE_MODEL_SIGNATURE: 'true' } : {}),
    },
    mounts: { [PUBLIC_FOLDER]: { volume, readOnly: true } },
  };
}

/** The private key in the pod of a training run. A pod waits for the Secret, so that no model stays unsigned. */
export function signingKey({ modelSignatures }: Environment): Signing<TrainingVariable> {
  if (modelSignatures === 'none') return { environment: {}, mounts: {} };
  return {
    environment: { LOAN_MODEL_SIGNING_KEY_FILE: `${PRIVATE_FOLDER}/key.pem` },
    mounts: {
      [PRIVATE_FOLDER]: { volume: secretVolume(PRIVATE_KEY, PRIVATE_KEY, ['key.pem']), readOnly: true },
    },
  };
}
