import type { Construct } from 'constructs';
import { PIN_VARIABLES } from '../services/shared/agreements/environment-variables.ts';
import {
  FORMER_FINALIZER,
  LEADER_LEASE,
  MANAGED_BY_LABEL,
  NAME_LABEL,
  OWNER_LABEL,
  ROLLOUT_MANAGER,
  SERVING_GROUP,
  VERIFICATION_ACCOUNT,
  VERIFICATION_COMPONENT,
} from '../services/shared/agreements/kubernetes-names.ts';
import { VERSION } from '../services/shared/model-deployment/model-deployment.ts';
import { AdmissionPolicy } from './admission-policy.ts';
import { ComponentChart } from './component-chart.ts';
import { TARGET } from './model-deployment.ts';

const OPERATOR = 'rollout';
const APP_ARMOR = 'container.apparmor.security.beta.kubernetes.io/';
/** The API server gives these labels to the pods of every Job. */
const JOB_LABELS = [
  'batch.kubernetes.io/controller-uid',
  'batch.kubernetes.io/job-name',
  'controller-uid',
  'job-name',
];

/** Fields of the metadata that change with every write. */
const WRITTEN_BY_KUBERNETES = ['managedFields', 'resourceVersion', 'generation'];
const OWN_LABELS = [NAME_LABEL, MANAGED_BY_LABEL, OWNER_LABEL, ...JOB_LABELS];

/**
 * Limits what a stolen token of the operator can do. A Role alone lets the operator run any pod, delete any Job, and
 * change every field of the target and of a ModelDeployment.
 */
export class RolloutAdmissionChart extends ComponentChart {
  constructor(scope: Construct) {
    super(scope, 'rollout-admission', 'cluster');
    this.#jobs();
    this.#jobsOfTheTarget();
    this.#target();
    this.#modelDeployments();
    this.#wake();
    this.#leases();
  }

  /** The label makes the next policy match, so a Job without it must not exist. */
  #jobs(): void {
    const label = text(MANAGED_BY_LABEL);
    new AdmissionPolicy(this, 'loan-eligibility-rollout-jobs', {
      rule: { apiGroups: ['batch'], resources: ['jobs'], operations: ['CREATE', 'UPDATE', 'DELETE'] },
      serviceAccount: OPERATOR,
      variables: {
        template: 'object.spec.template',
      },
      validations: {
        [`the operator may create and delete only Jobs with the label ${MANAGED_BY_LABEL}=${ROLLOUT_MANAGER}`]: `[object, oldObject].all(job, job == null || job.metadata.?labels[?${label}].orValue('') == ${text(ROLLOUT_MANAGER)})`,
        [`a verification must run as the service account ${VERIFICATION_ACCOUNT}, without a token`]: `object == null || (variables.template.spec.?serviceAccountName.orValue('') == ${text(VERIFICATION_ACCOUNT)} && !variables.template.spec.?automountServiceAccountToken.orValue(true))`,
        'a verification must not use the network, the processes or the paths of its node': `object == null || (${['hostNetwork', 'hostPID', 'hostIPC'].map((field) => `!variables.template.spec.?${field}.orValue(false)`).join(' && ')} && variables.template.spec.?volumes.orValue([]).all(volume, !has(volume.hostPath)))`,
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
      serviceAccount: OPERATOR,
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
          inTarget('labels', `key in [${OWN_LABELS.map(text).join(', ')}]`),
      },
    });
  }

  /** The operator may set the pin of the target, and nothing else. */
  #target(): void {
    const pins = Object.values(PIN_VARIABLES).map(text).join(', ');
    const others = (of: string) => `${of}.?env.orValue([]).filter(variable, !(variable.name in [${pins}]))`;
    new AdmissionPolicy(this, 'loan-eligibility-rollout-target', {
      rule: { apiGroups: ['apps'], resources: ['deployments'], operations: ['CREATE', 'UPDATE', 'DELETE'] },
      serviceAccount: OPERATOR,
      variables: {
        is: 'object.spec.template.spec',
        was: 'oldObject.spec.template.spec',
        containers: 'variables.is.containers',
      },
      validations: {
        'the operator may neither create nor delete a Deployment': `request.operation == 'UPDATE'`,
        [`the operator may change only ${Object.values(PIN_VARIABLES).join(' and ')} of a Deployment`]: [
          // An owner that does not exist would make Kubernetes delete the Deployment.
          equalExcept('object.metadata', 'oldObject.metadata', WRITTEN_BY_KUBERNETES),
          equalExcept('object.spec', 'oldObject.spec', ['template']),
          equalExcept('object.spec.template', 'oldObject.spec.template', ['spec']),
          equalExcept('variables.is', 'variables.was', ['containers']),
          'size(variables.is.containers) == size(variables.was.containers)',
          `variables.is.containers.all(container, variables.was.containers.exists(own, own.name == container.name && ${equalExcept('container', 'own', ['env'])} && ${others('container')} == ${others('own')}))`,
        ].join(' && '),
        'the operator may set its variables only to plain values': `variables.containers.all(container, container.?env.orValue([]).all(variable, !(variable.name in [${pins}]) || !has(variable.valueFrom) || variables.was.containers.exists(own, own.?env.orValue([]).exists(known, known == variable))))`,
      },
    });
  }

  /** The operator reads the spec, and writes the subresource `status`. An earlier release left a finalizer to remove. */
  #modelDeployments(): void {
    const finalizers = (of: string) => `${of}.metadata.?finalizers.orValue([])`;
    new AdmissionPolicy(this, 'loan-eligibility-rollout-model-deployments', {
      rule: {
        apiGroups: [SERVING_GROUP],
        apiVersions: [VERSION],
        resources: ['modeldeployments'],
        operations: ['CREATE', 'UPDATE', 'DELETE'],
      },
      serviceAccount: OPERATOR,
      validations: {
        'the operator may neither create nor delete a ModelDeployment': `request.operation == 'UPDATE'`,
        [`the operator may change nothing of a ModelDeployment but its status, and remove the finalizer ${FORMER_FINALIZER}`]:
          [
            'object.spec == oldObject.spec',
            equalExcept('object.metadata', 'oldObject.metadata', [...WRITTEN_BY_KUBERNETES, 'finalizers']),
            `(${finalizers('object')} == ${finalizers('oldObject')} || ${finalizers('object')} == ${finalizers('oldObject')}.filter(name, name != ${text(FORMER_FINALIZER)}))`,
          ].join(' && '),
      },
    });
  }

  /** The webhook wakes the leader by a token in the data. A ConfigMap that cannot be written wakes nobody. */
  #wake(): void {
    new AdmissionPolicy(this, 'loan-eligibility-rollout-wake', {
      rule: { apiGroups: [''], resources: ['configmaps'], operations: ['CREATE', 'UPDATE', 'DELETE'] },
      serviceAccount: OPERATOR,
      validations: {
        'the operator may change only the data of a ConfigMap': [
          `request.operation == 'UPDATE'`,
          equalExcept('object', 'oldObject', ['metadata', 'data']),
          equalExcept('object.metadata', 'oldObject.metadata', WRITTEN_BY_KUBERNETES),
        ].join(' && '),
      },
    });
  }

  /** RBAC cannot limit the names of objects that are created. */
  #leases(): void {
    new AdmissionPolicy(this, 'loan-eligibility-rollout-leases', {
      rule: {
        apiGroups: ['coordination.k8s.io'],
        resources: ['leases'],
        operations: ['CREATE', 'UPDATE', 'DELETE'],
      },
      serviceAccount: OPERATOR,
      validations: {
        [`the operator may write only the Lease ${LEADER_LEASE}`]: `[object, oldObject].all(lease, lease == null || lease.metadata.name == ${text(LEADER_LEASE)})`,
      },
    });
  }
}

/** CEL that holds if the target's pods have the same labels or annotations, with exceptions. */
function inTarget(field: 'labels' | 'annotations', except: string): string {
  const same = `variables.targetMetadata.?${field}[?key] == optional.of(variables.metadata.${field}[key])`;
  return `variables.metadata.?${field}.orValue({}).all(key, ${except} || ${same})`;
}

/** CEL that holds if two maps are equal, except in these fields. */
function equalExcept(is: string, was: string, fields: readonly string[]): string {
  const excepted = fields.map((field) => `key == '${field}'`).join(' || ');
  const known = `${excepted} || (key in ${was} && ${is}[key] == ${was}[key])`;
  return `${is}.all(key, ${known}) && ${was}.all(key, ${excepted} || key in ${is})`;
}

/** A CEL string. */
function text(value: string): string {
  return `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
