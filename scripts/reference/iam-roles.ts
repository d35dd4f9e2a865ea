import {
  type AwsServiceAccount,
  type Conditions,
  DEPLOYER_RIGHTS,
  PERMISSIONS,
  type Place,
  type Right,
  STREAM_TOOL_RIGHTS,
  USES,
} from '../../infrastructure/permissions.ts';
import { code, page, pageHead, table } from './markdown.ts';

/** What each ServiceAccount calls AWS for. */
const PURPOSES: Readonly<Record<AwsServiceAccount, string>> = {
  inference: 'Reads applications, and writes decisions and dead letters.',
  mlflow: 'Keeps the files of models.',
  training: 'Reads the training data.',
  'batch-scoring': 'Reads a file of applications, and writes their decisions.',
  rollout:
    'Measures a candidate with Amazon Managed Service for Prometheus, by [`sigv4`](../how-to/use-another-registry.md).',
  'external-secrets':
    'Copies the password of the database into a Secret. This ServiceAccount is in the namespace `external-secrets`.',
};

/** docs/reference/iam-roles.md */
export function iamRolesPage(): string {
  const accounts = [...new Set(PERMISSIONS.map(({ account }) => account))];
  return page(
    ...pageHead('IAM roles', '`infrastructure/permissions.ts`'),
    '',
    'The access stack makes one IAM role for each ServiceAccount below, with exactly these rows.',
    'The role is named `loan-eligibility-` and the ServiceAccount, for example `loan-eligibility-inference`.',
    'A row with a setting is in the role only if `infrastructure/environments.ts` has this setting.',
    '',
    'The tests run the code of the pods under each role, through a proxy that enforces the policies. Every row of a pod is needed by a call of the code.',
    '[ADR 31](../explanation/adr/0031-emulators-and-policy-evaluation.md) says what this proves, and what it does not.',
    '',
    'If you make the roles yourself, make them from these rows. [Permissions](permissions.md) has the rights inside the cluster.',
    ...accounts.flatMap((account) => [
      '',
      `## ${account}`,
      '',
      PURPOSES[account],
      '',
      ...rightsTable(PERMISSIONS.filter((permission) => permission.account === account)),
    ]),
    '',
    '## People',
    '',
    'The policy `loan-eligibility-stream-tool` has what [`make stream`](../how-to/operate-the-stream.md) needs. Attach it to the role or the permission set of a person.',
    '',
    ...rightsTable(STREAM_TOOL_RIGHTS),
    '',
    'The dump for `import-kcl` also needs `dynamodb:Scan` on the table of the KCL.',
    '',
    '## Workflows',
    '',
    'With `access.deployer` a workflow on GitHub takes the role `loan-eligibility-deployer`. The role pushes images and deploys no stack.',
    '',
    ...rightsTable(DEPLOYER_RIGHTS),
    '',
    '## Who may take a role',
    '',
    '- **New cluster, or `pod-identity`.** EKS takes the role for pods whose cluster, namespace and ServiceAccount are those of the role. The stack also makes the Pod Identity association.',
    '- **`irsa`.** The OIDC provider of the cluster must say the subject `system:serviceaccount:<namespace>:<ServiceAccount>` and the audience `sts.amazonaws.com`.',
    '- **Deployer.** GitHub must say the repository, and the one branch or environment of `access.deployer.from`.',
  );
}

function rightsTable(rights: readonly Right[]): string[] {
  return table(
    ['on', 'actions', 'condition', 'only with'],
    rights.map(({ on, actions, conditions, use }) => [
      on,
      actions.map(code).join(', '),
      conditions ? conditionText(conditions(EXAMPLE)) : '',
      use === undefined ? '' : code(USES[use]),
    ]),
  );
}

/** Conditions name the region alone. */
const EXAMPLE: Place = {
  region: '<region>',
  streams: { input: '', output: '', rejects: '' },
  bucket: '',
  auditBucket: '',
  auditStream: '',
  key: '',
  secret: '',
  workspace: '',
  repositories: [],
  stacks: [],
  cluster: '',
};

function conditionText(conditions: Conditions): string {
  return Object.values(conditions)
    .flatMap((keys) => Object.entries(keys))
    .map(([key, value]) => `${code(key)} is ${[value].flat().map(code).join(' or ')}`)
    .join(', ');
}
