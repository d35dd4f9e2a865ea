import { CHAMPION_ALIAS, SYSTEM_NAME } from '../../services/shared/agreements/kubernetes-names.ts';
import type { CommandOption } from '../command-line/command.ts';
import { CLUSTER_OPTIONS } from '../kubernetes/chosen-context.ts';

/** Options of every command: which model of which MLflow. */
export const COMMON_OPTIONS: readonly CommandOption[] = [
  { name: 'tracking-uri', value: 'URL', help: 'MLflow server (default $MLFLOW_TRACKING_URI)' },
  {
    name: 'credentials',
    value: 'DIR',
    help: 'files token, or username and password, and ca.crt (default $MLFLOW_CREDENTIALS_DIRECTORY)',
  },
  { name: 'endpoints', value: 'PATH', help: 'file of `make local`: its MLflow' },
  { name: 'model', value: 'NAME', help: `registered model (default $LOAN_MODEL_NAME, else ${SYSTEM_NAME})` },
  {
    name: 'alias',
    value: 'NAME',
    help: `alias that the ModelDeployment follows (default ${CHAMPION_ALIAS})`,
  },
  { name: 'help', help: 'this text' },
];

/** Where public keys are. */
export const KEYS_OPTION: CommandOption = {
  name: 'keys',
  value: 'PATH',
  help: 'public keys NAME.pem: a directory, or the ConfigMap as YAML or JSON (default $PROMOTE_KEYS, else promotion-keys)',
};

/** Options of every command that signs. */
export const SIGNING_OPTIONS: readonly CommandOption[] = [
  { name: 'key', value: 'FILE', help: 'your private key (default $PROMOTE_KEY_FILE)' },
  {
    name: 'passphrase-file',
    value: 'FILE',
    help: 'file with the passphrase of the key (default $PROMOTE_PASSPHRASE_FILE, else none)',
  },
  { name: 'actor', value: 'NAME', help: 'your name as people know it (default $PROMOTE_ACTOR)' },
  { name: 'reason', value: 'TEXT', help: 'why, one line. Required' },
  KEYS_OPTION,
  { name: 'yes', help: 'sign without a question' },
];

export const MOVE_ALIAS_OPTION: CommandOption = {
  name: 'move-alias',
  help: 'then move the alias to the version, which starts the rollout',
};

export const AGAIN_OPTION: CommandOption = {
  name: 'again',
  help: 'also sign if your key has signed already: a statement promotes a version only once',
};

/** How long and by how many keys a version is approved, and where the ModelDeployment is that says so. */
export const POLICY_OPTIONS: readonly CommandOption[] = [
  {
    name: 'required',
    value: 'N',
    help: 'keys that must sign (default spec.approval.required of the ModelDeployment, else 1)',
  },
  {
    name: 'automated',
    value: 'NAMES',
    help: 'keys that alone approve nothing, separated by commas (default spec.approval.automatedKeys, else none)',
  },
  {
    name: 'expires-after',
    value: 'SECONDS',
    help: 'how long a statement counts (default spec.approval.expiresAfterSeconds, else 604800, which is a week)',
  },
  ...CLUSTER_OPTIONS,
];
