import { k8s } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import type { Environment } from './environment.ts';

export interface AccessOptions {
  /** IAM role that the service account names. Absent with EKS Pod Identity: there the account associates the role. */
  readonly roleArn?: string | undefined;
  /** RBAC rules in this namespace. */
  readonly rules?: k8s.PolicyRule[];
}

type Roles = Extract<Environment['identity'], { kind: 'irsa' }>['roles'];

/** The IAM role that a service account must name. */
export function namedRole({ identity }: Environment, role: keyof Roles): string | undefined {
  return identity.kind === 'irsa' ? identity.roles[role] : undefined;
}

/** A ServiceAccount. If there are rules, also a Role and a RoleBinding of the same name. */
export function serviceAccount(scope: Construct, name: string, options: AccessOptions = {}): void {
  new k8s.KubeServiceAccount(scope, 'service-account', {
    metadata: {
      name,
      ...(options.roleArn ? { annotations: { 'eks.amazonaws.com/role-arn': options.roleArn } } : {}),
    },
    automountServiceAccountToken: false,
  });
  if (!options.rules) return;
  new k8s.KubeRole(scope, 'role', { metadata: { name }, rules: options.rules });
  new k8s.KubeRoleBinding(scope, 'role-binding', {
    metadata: { name },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
    subjects: [{ kind: 'ServiceAccount', name }],
  });
}
