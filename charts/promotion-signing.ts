import type { TrainingVariable } from '../services/shared/agreements/environment-variables.ts';
import type { Environment } from './environment.ts';
import type { Mount, Variables } from './pod.ts';
import { secretVolume } from './volume.ts';

/** Secret with the private key `key.pem`, by which training signs its promotions. */
const SECRET = 'training-signing-key';

const FOLDER = '/etc/training-signing-key';

/** The private key in the pod of a training run. A pod waits for the Secret, so that no promotion stays unsigned. */
export function promotionSigning({ training }: Environment): {
  readonly environment: Variables<TrainingVariable>;
  readonly mounts: Readonly<Record<string, Mount>>;
} {
  if (!training.signsPromotions) return { environment: {}, mounts: {} };
  return {
    environment: { LOAN_SIGNING_KEY_FILE: `${FOLDER}/key.pem` },
    mounts: { [FOLDER]: { volume: secretVolume(SECRET, SECRET, ['key.pem']), readOnly: true } },
  };
}
