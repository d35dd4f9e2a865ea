import { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';
import { NAMESPACE } from './component-chart.ts';

interface ResourceRule {
  readonly apiGroups: readonly string[];
  /** @default v1 */
  readonly apiVersions?: readonly string[];
  readonly resources: readonly string[];
  readonly operations: readonly ('CREATE' | 'UPDATE' | 'DELETE')[];
  /** @default all names */
  readonly resourceNames?: readonly string[];
}

interface AdmissionPolicyOptions {
  readonly rule: ResourceRule;
  /** Labels of the objects that the policy is for. @default all objects */
  readonly labels?: Readonly<Record<string, string>>;
  /** The service account that the policy is for. @default everybody */
  readonly serviceAccount?: string;
  /** A Deployment of the namespace, which the expressions know as `params`. Without it every request is refused. */
  readonly deployment?: string;
  /** CEL expressions by the name under which the validations use them. */
  readonly variables?: Readonly<Record<string, string>>;
  /** Message of the refusal to the CEL expression that must hold. */
  readonly validations: Readonly<Record<string, string>>;
}

/**
 * A ValidatingAdmissionPolicy for requests in the system's namespace, and its binding. RBAC can express neither what an
 * object contains nor how it changes. cdk8s-plus-27 has no stable policy, so the objects are plain API objects.
 */
export class AdmissionPolicy extends Construct {
  constructor(scope: Construct, name: string, options: AdmissionPolicyOptions) {
    super(scope, name);
    const { rule, labels, serviceAccount, deployment, variables, validations } = options;
    new ApiObject(this, 'policy', {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingAdmissionPolicy',
      metadata: { name },
      spec: {
        failurePolicy: 'Fail',
        ...(deployment ? { paramKind: { apiVersion: 'apps/v1', kind: 'Deployment' } } : {}),
        matchConstraints: {
          namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': NAMESPACE } },
          ...(labels ? { objectSelector: { matchLabels: labels } } : {}),
          resourceRules: [{ apiVersions: ['v1'], ...rule }],
        },
        ...(serviceAccount
          ? {
              matchConditions: [
                {
                  name: 'by-the-service-account',
                  expression: `request.userInfo.username == 'system:serviceaccount:${NAMESPACE}:${serviceAccount}'`,
                },
              ],
            }
          : {}),
        ...(variables
          ? { variables: Object.entries(variables).map(([of, expression]) => ({ name: of, expression })) }
          : {}),
        validations: Object.entries(validations).map(([message, expression]) => ({ expression, message })),
      },
    });
    new ApiObject(this, 'binding', {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingAdmissionPolicyBinding',
      metadata: { name },
      spec: {
        policyName: name,
        ...(deployment
          ? { paramRef: { name: deployment, namespace: NAMESPACE, parameterNotFoundAction: 'Deny' } }
          : {}),
        validationActions: ['Deny'],
      },
    });
  }
}
