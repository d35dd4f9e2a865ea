import { k8s } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';

export interface AccessOptions {
  /** IAM role that the pods take on in AWS. */
  readonly roleArn?: string | undefined;
  /** What they may do through the API server, in this namespace alone. */
  readonly rules?: k8s.PolicyRule[];
}

/** A ServiceAccount with, where it has rules, a Role and its binding, all of one name. */
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
