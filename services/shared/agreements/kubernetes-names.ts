/**
 * Names in the Kubernetes API by which the manifests, the operator and the inference pods find each other's objects.
 * A name that changes here orphans the objects of a running installation.
 */

/** Registered model, ModelDeployment, consumer group and namespace of the bundled installation. */
export const SYSTEM_NAME = 'loan-eligibility';

/** Registry alias whose version serves. */
export const CHAMPION_ALIAS = 'champion';

/** API group of ModelDeployment, and prefix of its labels and annotations. */
export const SERVING_GROUP = 'serving.loan-eligibility.dev';

/** Prefix of the labels and annotations on the Leases that hold shards. */
export const STREAM_PREFIX = 'stream.loan-eligibility.dev';

export const NAME_LABEL = 'app.kubernetes.io/name';
export const PART_OF_LABEL = 'app.kubernetes.io/part-of';
export const MANAGED_BY_LABEL = 'app.kubernetes.io/managed-by';

/** Value of `MANAGED_BY_LABEL` on the operator's Jobs, and its field manager. An admission policy names it. */
export const ROLLOUT_MANAGER = 'loan-eligibility-rollout';

/** Name of the ModelDeployment, on its Jobs and their pods. */
export const OWNER_LABEL = `${SERVING_GROUP}/model-deployment`;

/** Value of `NAME_LABEL` on verification pods. A NetworkPolicy lets the pods with this label reach MLflow. */
export const VERIFICATION_COMPONENT = 'model-verification';

/** An earlier release set this finalizer. It blocks a deletion until the operator removes it. */
export const FORMER_FINALIZER = `${SERVING_GROUP}/webhook`;

/** Service account of verification pods. It has no rights, and its pods have no token. */
export const VERIFICATION_ACCOUNT = 'model-verification';

/** Secrets with credentials that the operator may read. A ModelDeployment names one of them. */
export const CREDENTIAL_SECRETS = ['mlflow-credentials', 'prometheus-credentials'] as const;

/** Secrets with the URLs of notifications that the operator may read. A ModelDeployment names one of them. */
export const NOTIFICATION_SECRETS = ['notifications'] as const;

/** ConfigMaps with public keys, entries `NAME.pem`, that the operator may read. A ModelDeployment names one of them. */
export const KEY_CONFIG_MAPS = ['promotion-keys'] as const;

/** Deployment and Service of the pods that run a candidate apart from the target. The manifests keep it without pods. */
export const ISOLATED_CANARY = 'inference-canary';

/** The Lease whose holder acts as the operator. The RBAC role and an admission policy name it. */
export const LEADER_LEASE = 'rollout-leader';

/** The ConfigMap in which the webhook of any replica wakes the leader. The RBAC role and an admission policy name it. */
export const WAKE_CONFIG_MAP = 'rollout-wake';

/** Ending of the entries of such a ConfigMap. What is before it is the name of the key. */
export const KEY_ENTRY_SUFFIX = '.pem';
