import {
  GetRoleCommand,
  GetRolePolicyCommand,
  type IAMClient,
  ListAttachedRolePoliciesCommand,
  ListRolePoliciesCommand,
  ListRolesCommand,
} from '@aws-sdk/client-iam';

interface Statement {
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource?: string | readonly string[];
  readonly Condition?: object;
}

export interface DeployedRole {
  readonly trust: readonly Statement[];
  /** Statements of all policies in the role, with lists for actions and resources, sorted. */
  readonly rights: readonly Statement[];
  /** ARNs of policies beside the role. */
  readonly attached: readonly string[];
}

/** Names of the account's roles that begin with a prefix. */
export async function roleNames(client: IAMClient, prefix: string): Promise<string[]> {
  const { Roles = [] } = await client.send(new ListRolesCommand({}));
  return Roles.map(({ RoleName = '' }) => RoleName)
    .filter((name) => name.startsWith(prefix))
    .sort();
}

export async function deployedRole(client: IAMClient, name: string): Promise<DeployedRole> {
  const RoleName = name;
  const { Role } = await client.send(new GetRoleCommand({ RoleName }));
  const { PolicyNames = [] } = await client.send(new ListRolePoliciesCommand({ RoleName }));
  const policies = await Promise.all(
    PolicyNames.map((PolicyName) => client.send(new GetRolePolicyCommand({ RoleName, PolicyName }))),
  );
  const { AttachedPolicies = [] } = await client.send(new ListAttachedRolePoliciesCommand({ RoleName }));
  return {
    trust: statementsOf(Role?.AssumeRolePolicyDocument),
    rights: policies.flatMap(({ PolicyDocument }) => statementsOf(PolicyDocument).map(canonical)),
    attached: AttachedPolicies.map(({ PolicyArn = '' }) => PolicyArn),
  };
}

/** A list of one may be written as a text, and the order of a list means nothing. */
export function canonical({ Action, Resource = [], ...rest }: Statement): Statement {
  return { ...rest, Action: [Action].flat().toSorted(), Resource: [Resource].flat().toSorted() };
}

/** IAM answers with policies in the encoding of URLs. */
function statementsOf(policy = ''): Statement[] {
  return JSON.parse(decodeURIComponent(policy)).Statement;
}
