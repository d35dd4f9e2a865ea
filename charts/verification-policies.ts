import { Construct } from 'constructs';
import {
  MANAGED_BY_LABEL,
  NAME_LABEL,
  OWNER_LABEL,
  ROLLOUT_MANAGER,
  SERVING_GROUP,
  VERIFICATION_ACCOUNT,
  VERIFICATION_COMPONENT,
} from '../services/shared/agreements/kubernetes-names.ts';
import { KIND } from '../services/shared/model-deployment/model-deployment.ts';
import { AdmissionPolicy } from './admission-policy.ts';
import { list, text } from './cel.ts';
import { TARGET } from './model-deployment.ts';

const APP_ARMOR = 'container.apparmor.security.beta.kubernetes.io/';
/** The API server gives these labels to the pods of every Job. */
const JOB_LABELS = [
  'batch.kubernetes.io/controller-uid',
  'batch.kubernetes.io/job-name',
  'controller-uid',
  'job-name',
];

const OWN_LABELS = [NAME_LABEL, MANAGED_BY_LABEL, OWNER_LABEL, ...JOB_LABELS];

/** Limits the Jobs of the operator to verifications in pods like those of the target. */
export class VerificationPolicies extends Construct {
  readonly #serviceAccount: string;

  constructor(scope: Construct, serviceAccount: string) {
    super(scope, 'verification');
    this.#serviceAccount = serviceAccount;
    this.#jobs();
    this.#jobsOfTheTarget();
  }

  /** The label makes the next policy match, so a Job without it must not exist. */
  #jobs(): void {
    const label = text(MANAGED_BY_LABEL);
    new AdmissionPolicy(this, 'loan-eligibility-rollout-jobs', {
      rule: { apiGroups: ['batch'], resources: ['jobs'], operations: ['CREATE', 'UPDATE', 'DELETE'] },
      serviceAccount: this.#serviceAccount,
      variables: {
        template: 'object.spec.template',
      },
      validations: {
        [`the operator may create and delete only Jobs with the label ${MANAGED_BY_LABEL}=${ROLLOUT_MANAGER}`]: `[object, oldObject].all(job, job == null || job.metadata.?labels[?${label}].orValue('') == ${text(ROLLOUT_MANAGER)})`,
        [`a verification must run as the service account ${VERIFICATION_ACCOUNT}, without a token`]: `object == null || (variables.template.spec.?serviceAccountName.orValue('') == ${text(VERIFICATION_ACCOUNT)} && !variables.template.spec.?automountServiceAccountToken.orValue(true))`,
        'a verification must not use the network, the processes or the paths of its node': `object == null || (${['hostNetwork', 'hostPID', 'hostIPC'].map((field) => `!variables.template.spec.?${field}.orValue(false)`).join(' && ')} && variables.template.spec.?volumes.orValue([]).all(volume, !has(volume.hostPath)))`,
        'a verification may have no owner but a ModelDeployment, and no finalizer': [
          `object == null || (object.metadata.?ownerReferences.orValue([]).all(owner, owner.kind == ${text(KIND)} && owner.apiVersion.startsWith(${text(`${SERVING_GROUP}/`)}))`,
          '[object.metadata, variables.template.metadata].all(metadata, size(metadata.?finalizers.orValue([])) == 0))',
        ].join(' && '),
        'a verification must have one container, and no init container':
          'object == null || (size(variables.template.spec.containers) == 1 && !has(variables.template.spec.initContainers))',
        [`the pods of a verification must have the label ${NAME_LABEL}=${VERIFICATION_COMPONENT}`]: `object == null || variables.template.metadata.?labels[?${text(NAME_LABEL)}].orValue('') == ${text(VERIFICATION_COMPONENT)}`,
      },
    });
  }

  /** A policy with a parameter refuses every request that it matches if the parameter is missing. So a label selects. */
  #jobsOfTheTarget(): void {
    new AdmissionPolicy(this, 'loan-eligibility-rollout-job-source', {
      rule: { apiGroups: ['batch'], resources: ['jobs'], operations: ['CREATE', 'UPDATE'] },
      labels: { [MANAGED_BY_LABEL]: ROLLOUT_MANAGER },
      serviceAccount: this.#serviceAccount,
      deployment: TARGET,
      variables: {
        pod: 'object.spec.template.spec',
        target: 'params.spec.template.spec',
        metadata: 'object.spec.template.metadata',
        targetMetadata: 'params.spec.template.metadata',
      },
      validations: {
        [`a verification must use an image of the Deployment ${TARGET}`]:
          'variables.pod.containers.all(container, variables.target.containers.exists(own, own.image == container.image))',
        [`a verification may read only the Secrets, ConfigMaps and fields that a container of the Deployment ${TARGET} reads under the same name`]:
          'variables.pod.containers.all(container, !has(container.envFrom) && container.?env.orValue([]).all(variable, !has(variable.valueFrom) || variables.target.containers.exists(own, own.?env.orValue([]).exists(known, known == variable))))',
        [`a verification may mount only empty directories and volumes of the Deployment ${TARGET}, and no token`]:
          'variables.pod.?volumes.orValue([]).all(volume, has(volume.emptyDir) || (variables.target.?volumes.orValue([]).exists(own, own == volume) && !(has(volume.projected) && volume.projected.?sources.orValue([]).exists(source, has(source.serviceAccountToken)))))',
        [`a verification may use only the pull secrets of the Deployment ${TARGET}`]:
          'variables.pod.?imagePullSecrets.orValue([]).all(secret, variables.target.?imagePullSecrets.orValue([]).exists(own, own == secret))',
        [`the pods of a verification may have only annotations of the pods of the Deployment ${TARGET}`]:
          inTarget('annotations', `key.startsWith(${text(APP_ARMOR)})`),
        // A label may select the pods for a Service or open the network. A policy of the cluster may add its own to both.
        [`the pods of a verification may have only labels of a verification, and of the pods of the Deployment ${TARGET}`]:
          inTarget('labels', `key in ${list(OWN_LABELS)}`),
      },
    });
  }
}

/** CEL that holds if the target's pods have the same labels or annotations, with exceptions. */
function inTarget(field: 'labels' | 'annotations', except: string): string {
  const same = `variables.targetMetadata.?${field}[?key] == optional.of(variables.metadata.${field}[key])`;
  return `variables.metadata.?${field}.orValue({}).all(key, ${except} || ${same})`;
}
