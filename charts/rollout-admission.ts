import type { Construct } from 'constructs';
import { PIN_VARIABLES } from '../services/shared/agreements/environment-variables.ts';
import {
  FORMER_FINALIZER,
  ISOLATED_CANARY,
  LEADER_LEASE,
  ROLLOUT_MANAGER,
  SERVING_GROUP,
  STREAM_PREFIX,
  WAKE_CONFIG_MAP,
} from '../services/shared/agreements/kubernetes-names.ts';
import { KIND, VERSION } from '../services/shared/model-deployment/model-deployment.ts';
import { AdmissionPolicy } from './admission-policy.ts';
import { equalExcept, isFree, list, sameMetadata, text } from './cel.ts';
import { ComponentChart } from './component-chart.ts';
import { RequestPolicy } from './request-policy.ts';
import { VerificationPolicies } from './verification-policies.ts';

const OPERATOR = 'rollout';

/**
 * Limits what a stolen token of the operator can do. A Role alone lets the operator run any pod, delete any Job, and
 * change every field of the target and of a ModelDeployment. An owner that does not exist makes the garbage collector
 * delete the object, so metadata counts like a spec.
 */
export class RolloutAdmissionChart extends ComponentChart {
  constructor(scope: Construct) {
    super(scope, 'rollout-admission', 'cluster');
    new VerificationPolicies(this, OPERATOR);
    new RequestPolicy(this);
    this.#target();
    this.#modelDeployments();
    this.#leases();
    this.#wake();
    this.#events();
  }

  /** The operator may set the pin of the target, and the pods of the isolated canary. Nothing else. */
  #target(): void {
    const pins = list(Object.values(PIN_VARIABLES));
    const others = (of: string) => `${of}.?env.orValue([]).filter(variable, !(variable.name in ${pins}))`;
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
        [`the operator may change only ${Object.values(PIN_VARIABLES).join(' and ')} of a Deployment, and the replicas of ${ISOLATED_CANARY}`]:
          [
            sameMetadata(),
            `(${equalExcept('object.spec', 'oldObject.spec', ['template'])} || object.metadata.name == ${text(ISOLATED_CANARY)} && ${equalExcept('object.spec', 'oldObject.spec', ['template', 'replicas'])})`,
            equalExcept('object.spec.template', 'oldObject.spec.template', ['spec']),
            equalExcept('variables.is', 'variables.was', ['containers']),
            'size(variables.is.containers) == size(variables.was.containers)',
            `variables.is.containers.all(container, variables.was.containers.exists(own, own.name == container.name && ${equalExcept('container', 'own', ['env'])} && ${others('container')} == ${others('own')}))`,
          ].join(' && '),
        'the operator may set its variables only to plain values': `variables.containers.all(container, container.?env.orValue([]).all(variable, !(variable.name in ${pins}) || !has(variable.valueFrom) || variables.was.containers.exists(own, own.?env.orValue([]).exists(known, known == variable))))`,
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
            sameMetadata(['finalizers']),
            `(${finalizers('object')} == ${finalizers('oldObject')} || ${finalizers('object')} == ${finalizers('oldObject')}.filter(name, name != ${text(FORMER_FINALIZER)}))`,
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
        // Labels of other programs may come and go, because without the Lease nobody leads.
        'the operator may give its Lease no owner, no finalizer and no label of a shard': [
          `object == null || oldObject != null && ${sameMetadata(['labels', 'annotations'])} || oldObject == null && ${isFree('object.metadata')}`,
          `object == null || object.metadata.?labels.orValue({}).all(key, !key.startsWith(${text(`${STREAM_PREFIX}/`)}))`,
        ]
          .map((part) => `(${part})`)
          .join(' && '),
      },
    });
  }

  /** The operator wakes its leader by `data`. */
  #wake(): void {
    new AdmissionPolicy(this, 'loan-eligibility-rollout-wake', {
      rule: { apiGroups: [''], resources: ['configmaps'], operations: ['CREATE', 'UPDATE', 'DELETE'] },
      serviceAccount: OPERATOR,
      validations: {
        [`the operator may change only the data of the ConfigMap ${WAKE_CONFIG_MAP}`]: [
          `request.operation == 'UPDATE' && object.metadata.name == ${text(WAKE_CONFIG_MAP)}`,
          equalExcept('object', 'oldObject', ['data', 'metadata']),
          sameMetadata(),
        ].join(' && '),
      },
    });
  }

  /** A false Event misleads people, and an Event with a finalizer keeps the namespace from being deleted. */
  #events(): void {
    const isOwn = (event: string) =>
      `${event}.?source.?component.orValue('') == ${text(ROLLOUT_MANAGER)} && ${event}.involvedObject.?kind.orValue('') == ${text(KIND)}`;
    new AdmissionPolicy(this, 'loan-eligibility-rollout-events', {
      rule: { apiGroups: [''], resources: ['events'], operations: ['CREATE', 'UPDATE', 'DELETE'] },
      serviceAccount: OPERATOR,
      validations: {
        'the operator may write only Events of its own about a ModelDeployment': `request.operation != 'DELETE' && [object, oldObject].all(event, event == null || ${isOwn('event')})`,
        'the operator may give an Event neither owners nor finalizers, and change only its count and time': `object == null || (oldObject == null ? ${isFree('object.metadata')} : ${equalExcept('object', 'oldObject', ['metadata', 'count', 'lastTimestamp'])} && ${sameMetadata()})`,
      },
    });
  }
}
