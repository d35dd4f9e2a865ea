import { conditionHolds, type RequestContext } from './condition.ts';
import { matchesArn, matchesPattern } from './pattern.ts';
import type { PolicyDocument, Statement } from './policy-document.ts';

/** One action on one resource. A call of an API may need several. */
export interface AccessRequest {
  /** For example `kinesis:PutRecords`. */
  readonly action: string;
  /** ARN, or `*` for an action that has no resource. */
  readonly resource: string;
  readonly context: RequestContext;
}

/** Who calls, to a policy that names principals. */
export interface Caller {
  readonly kind: 'AWS' | 'Service' | 'Federated';
  readonly id: string;
}

export type Decision = 'allowed' | 'denied explicitly' | 'denied implicitly';

/** What the policies of a role say: a Deny wins, and what nothing allows is denied. */
export function evaluate(policies: readonly PolicyDocument[], request: AccessRequest): Decision {
  return decide(
    policies.flatMap(({ Statement }) => Statement),
    (statement) => onResource(statement, request.resource) && isAbout(statement, request),
  );
}

/** What a policy on a resource says, for example the trust policy of a role, the policy of a key or of a bucket. */
export function evaluateFor(caller: Caller, policy: PolicyDocument, request: AccessRequest): Decision {
  return decide(
    policy.Statement,
    (statement) =>
      names(statement, caller) &&
      // A trust policy is on its role, and names no resource.
      (statement.Resource === undefined || onResource(statement, request.resource)) &&
      isAbout(statement, request),
  );
}

function decide(statements: readonly Statement[], applies: (statement: Statement) => boolean): Decision {
  const effects = new Set(statements.filter(applies).map(({ Effect }) => Effect));
  if (effects.has('Deny')) return 'denied explicitly';
  return effects.has('Allow') ? 'allowed' : 'denied implicitly';
}

function isAbout({ Action, NotAction, Condition }: Statement, { action, context }: AccessRequest): boolean {
  // Names of actions have no case.
  const isNamed = (pattern: string) => matchesPattern(pattern.toLowerCase(), action.toLowerCase());
  const isMeant = Action ? Action.some(isNamed) : !NotAction?.some(isNamed);
  return isMeant && conditionHolds(Condition, context);
}

function onResource({ Resource, NotResource }: Statement, resource: string): boolean {
  if (Resource) return Resource.some((pattern) => matchesArn(pattern, resource));
  return NotResource !== undefined && !NotResource.some((pattern) => matchesArn(pattern, resource));
}

function names({ Principal }: Statement, { kind, id }: Caller): boolean {
  if (Principal === undefined) return false;
  if (Principal === '*') return true;
  return (Principal[kind] ?? []).some((principal) => principal === '*' || principal === id);
}
