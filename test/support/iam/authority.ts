import { type AccessRequest, type Decision, evaluate, evaluateFor } from './evaluate.ts';
import type { PolicyDocument } from './policy-document.ts';

export interface AuthorityOptions {
  /** ARN of the role. */
  readonly role: string;
  /** Policies of the role. */
  readonly policies: readonly PolicyDocument[];
  /** Policies of keys and buckets, by ARN. */
  readonly resourcePolicies: ReadonlyMap<string, PolicyDocument>;
}

/** The proxy speaks plain HTTP. Our code speaks TLS to AWS, by the SDK's default. */
const OVER_TLS = { 'aws:SecureTransport': 'true', 's3:TlsVersion': '1.3' };

/** Decides what one role may do in its own account. */
export class Authority {
  readonly #options: AuthorityOptions;

  constructor(options: AuthorityOptions) {
    this.#options = options;
  }

  /** The role as AWS names it in messages, with the name of the session. */
  get caller(): string {
    return `${this.#options.role.replace(':iam:', ':sts:').replace(':role/', ':assumed-role/')}/pod`;
  }

  /** The policies of the role and of the resource together. A Deny of either wins. */
  decide({ action, resource, context }: AccessRequest): Decision {
    const { policies, role } = this.#options;
    const request = { action, resource, context: { ...OVER_TLS, 'aws:PrincipalArn': role, ...context } };
    const own = evaluate(policies, request);
    const policy = this.#policyOf(request.resource);
    if (policy === undefined) return own;
    const toRole = evaluateFor({ kind: 'AWS', id: role }, policy, request);
    if (own === 'denied explicitly' || toRole === 'denied explicitly') return 'denied explicitly';
    if (toRole === 'allowed') return 'allowed';
    // The policy of a key must first give the account the say over its key.
    if (!request.action.startsWith('kms:')) return own;
    const account = `${role.split(':').slice(0, 5).join(':')}:root`;
    return evaluateFor({ kind: 'AWS', id: account }, policy, request) === 'allowed'
      ? own
      : 'denied implicitly';
  }

  /** Objects have the policy of their bucket. */
  #policyOf(resource: string): PolicyDocument | undefined {
    const { resourcePolicies } = this.#options;
    return (
      resourcePolicies.get(resource) ??
      resourcePolicies.get(resource.replace(/^(arn:[^:]*:s3:::[^/]*)\/.*$/s, '$1'))
    );
  }
}
