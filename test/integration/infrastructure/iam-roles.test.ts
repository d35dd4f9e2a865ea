import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { AwsEnvironment } from '../../../infrastructure/environment-schema.ts';
import { existingAccount, small } from '../../../infrastructure/environments.ts';
import { IMAGES, stackName, stackParts, usesOf } from '../../../infrastructure/names.ts';
import { needed } from '../../../infrastructure/permissions.ts';
import { deployedOutputs } from '../../../scripts/aws/deployed-stack.ts';
import { matrix } from '../../support/iam/calls/matrix.ts';
import type { EnforcingProxy } from '../../support/iam/enforcing-proxy.ts';
import { type Caller, evaluateFor } from '../../support/iam/evaluate.ts';
import { HOLDERS, type Holder, rightsOf, STREAM_TOOL } from '../../support/iam/holders.ts';
import { EVERY_USE, JudgedAccount } from '../../support/iam/judged-account.ts';
import { synthesizedTemplates } from '../../support/iam/synthesized-templates.ts';
import { tablePolicy } from '../../support/iam/table-policy.ts';
import type { TemplateResource } from '../../support/iam/template-values.ts';

const START_MILLISECONDS = 240_000;
const POD_ACCOUNTS = [
  'inference',
  'mlflow',
  'training',
  'batch-scoring',
  'external-secrets',
  'rollout',
] as const;
const IRSA: AwsEnvironment = {
  ...existingAccount,
  access: EVERY_USE.access,
  addOns: { ...existingAccount.addOns, externalSecrets: 'helm' },
};
const ENVIRONMENTS = { every: EVERY_USE, plain: small, irsa: IRSA };

describe('the access stack', () => {
  const directory = mkdtempSync(`${tmpdir()}/iam-roles-`);
  let accounts: Readonly<Record<keyof typeof ENVIRONMENTS, JudgedAccount>>;

  beforeAll(async () => {
    const { every, plain, irsa } = await synthesizedTemplates(directory, ENVIRONMENTS);
    accounts = {
      every: JudgedAccount.of(every, EVERY_USE),
      plain: JudgedAccount.of(plain, small),
      irsa: JudgedAccount.of(irsa, IRSA),
    };
  }, START_MILLISECONDS);

  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  const roleIn = (account: JudgedAccount, name: string) =>
    account.policies.roles.get(`loan-eligibility-${name}`);

  test.each(POD_ACCOUNTS)('gives the role %s the rows of the table, and no others', (holder) => {
    const { every, plain } = accounts;
    expect(roleIn(every, holder)?.policies).toEqual([tablePolicy(rightsOf(holder), every.place)]);
    expect(roleIn(plain, holder)?.policies[0]?.Statement ?? []).toHaveLength(
      needed(rightsOf(holder), usesOf(small)).length,
    );
  });

  test('gives people a policy with the rows of the table, and attaches it to nobody', () => {
    const { every, plain } = accounts;
    expect(every.policies.managed.get('loan-eligibility-stream-tool')).toEqual(
      tablePolicy(rightsOf(STREAM_TOOL), every.place),
    );
    expect(plain.policies.managed.get('loan-eligibility-stream-tool')?.Statement).toHaveLength(
      needed(rightsOf(STREAM_TOOL), usesOf(small)).length,
    );
  });

  test('limits every role of every stack by the boundary of the settings', () => {
    const templates = readdirSync(`${directory}/every`).filter((file) => file.endsWith('.template.json'));
    const resources = templates.flatMap((file): TemplateResource[] =>
      Object.values(JSON.parse(readFileSync(`${directory}/every/${file}`, 'utf8')).Resources ?? {}),
    );
    const roles = resources.filter(({ Type }) => Type === 'AWS::IAM::Role');
    expect(roles.length).toBeGreaterThan(6);
    for (const { Properties } of roles)
      expect(Properties).toMatchObject({ PermissionsBoundary: EVERY_USE.access.permissionsBoundary });
  });

  describe('trusts', () => {
    const pods: Caller = { kind: 'Service', id: 'pods.eks.amazonaws.com' };
    const tags = (account: string, changed: Readonly<Record<string, string>> = {}) => ({
      'aws:RequestTag/eks-cluster-arn': 'arn:aws:eks:us-east-1:000000000000:cluster/loan-eligibility',
      'aws:RequestTag/kubernetes-namespace': namespaceOf(account),
      'aws:RequestTag/kubernetes-service-account': account,
      ...changed,
    });
    const trust = (account: JudgedAccount, role: string, caller: Caller, action: string, context: object) => {
      const document = roleIn(account, role)?.trust;
      const request = { action, resource: '*', context: context as Record<string, string> };
      return document && evaluateFor(caller, document, request);
    };

    test.each(POD_ACCOUNTS)('the pods of %s alone, by Pod Identity', (role) => {
      const assume = (context: object, caller = pods, action = 'sts:AssumeRole') =>
        trust(accounts.every, role, caller, action, context);
      expect(assume(tags(role))).toBe('allowed');
      expect(assume(tags(role), pods, 'sts:TagSession')).toBe('allowed');
      for (const other of POD_ACCOUNTS.filter((it) => it !== role))
        expect(assume(tags(other))).toBe('denied implicitly');
      const elsewhere = [
        { 'aws:RequestTag/kubernetes-namespace': 'default' },
        { 'aws:RequestTag/eks-cluster-arn': 'arn:aws:eks:us-east-1:000000000000:cluster/other' },
        { 'aws:RequestTag/eks-cluster-arn': 'arn:aws:eks:us-east-1:444455556666:cluster/loan-eligibility' },
      ];
      for (const changed of elsewhere) expect(assume(tags(role, changed))).toBe('denied implicitly');
      expect(assume({})).toBe('denied implicitly');
      expect(assume(tags(role), { kind: 'Service', id: 'ec2.amazonaws.com' })).toBe('denied implicitly');
      expect(assume(tags(role), { kind: 'AWS', id: 'arn:aws:iam::000000000000:root' })).toBe(
        'denied implicitly',
      );
    });

    test.each(POD_ACCOUNTS)('the pods of %s alone, by the OIDC provider of a cluster', (role) => {
      const { cluster } = IRSA;
      const provider =
        cluster.kind === 'existing' && cluster.identity.kind === 'irsa' ? cluster.identity.providerArn : '';
      const issuer = provider.slice(provider.indexOf('/') + 1);
      const assume = (subject: string, audience = 'sts.amazonaws.com', id = provider) =>
        trust(accounts.irsa, role, { kind: 'Federated', id }, 'sts:AssumeRoleWithWebIdentity', {
          [`${issuer}:sub`]: subject,
          [`${issuer}:aud`]: audience,
        });
      expect(assume(`system:serviceaccount:${namespaceOf(role)}:${role}`)).toBe('allowed');
      expect(assume(`system:serviceaccount:default:${role}`)).toBe('denied implicitly');
      expect(assume(`system:serviceaccount:${namespaceOf(role)}:default`)).toBe('denied implicitly');
      expect(assume(`system:serviceaccount:${namespaceOf(role)}:${role}`, 'other')).toBe('denied implicitly');
      expect(
        assume(`system:serviceaccount:${namespaceOf(role)}:${role}`, 'sts.amazonaws.com', `${provider}0`),
      ).toBe('denied implicitly');
    });

    test('workflows of one branch of one repository, to deploy', () => {
      const github = 'token.actions.githubusercontent.com';
      const assume = (subject: string, audience = 'sts.amazonaws.com') =>
        trust(
          accounts.every,
          'deployer',
          { kind: 'Federated', id: `arn:aws:iam::000000000000:oidc-provider/${github}` },
          'sts:AssumeRoleWithWebIdentity',
          { [`${github}:sub`]: subject, [`${github}:aud`]: audience },
        );
      expect(assume('repo:example/loan-eligibility:ref:refs/heads/main')).toBe('allowed');
      for (const subject of [
        'repo:example/loan-eligibility:ref:refs/heads/main2',
        'repo:example/loan-eligibility:ref:refs/heads/other',
        'repo:example/loan-eligibility:ref:refs/tags/main',
        'repo:example/loan-eligibility:pull_request',
        'repo:example/loan-eligibility:environment:production',
        'repo:example/loan-eligibility-fork:ref:refs/heads/main',
        'repo:somebody/loan-eligibility:ref:refs/heads/main',
        '*',
      ])
        expect([subject, assume(subject)]).toEqual([subject, 'denied implicitly']);
      expect(assume('repo:example/loan-eligibility:ref:refs/heads/main', 'other')).toBe('denied implicitly');
      expect(roleIn(accounts.plain, 'deployer')).toBeUndefined();
    });
  });

  describe('refuses what our code does not do', () => {
    async function verdicts(proxy: EnforcingProxy, holder: string): Promise<string[]> {
      const wrong: string[] = [];
      for (const { name, method, path, headers, body, allowedTo } of matrix(accounts.every.place)) {
        const init = { method, headers, ...(method === 'GET' ? {} : { body }) };
        const response = await fetch(proxy.url + path, init);
        const text = await response.text();
        const isRefused = response.status >= 400 && /AccessDenied/.test(text);
        if (isRefused === allowedTo.includes(holder)) wrong.push(`${name}: ${response.status} ${text}`);
      }
      return wrong;
    }

    test.each<Holder | 'deployer'>([...HOLDERS, 'deployer'])('to %s', async (holder) => {
      const { every } = accounts;
      await using proxy = await every.proxy(every.given(holder), {});
      expect(await verdicts(proxy, holder)).toEqual([]);
      expect(proxy.denied.length).toBeGreaterThan(60);
    });

    test.each(POD_ACCOUNTS)(
      'to %s, also what is no call: to pass a role, and to use the key directly',
      (holder) => {
        const { every } = accounts;
        const role = every.given(holder);
        const roleArn = 'arn:aws:iam::000000000000:role/loan-eligibility-mlflow';
        const refused = [
          { action: 'iam:PassRole', resource: roleArn, context: {} },
          ...['kms:Decrypt', 'kms:GenerateDataKey'].flatMap((action) =>
            [
              {},
              { 'kms:ViaService': 'ec2.us-east-1.amazonaws.com' },
              { 'kms:ViaService': 's3.eu-west-1.amazonaws.com' },
            ].map((context) => ({ action, resource: every.place.key, context })),
          ),
          {
            action: 's3:GetObject',
            resource: `${every.place.bucket}/mlflow/a`,
            context: { 'aws:SecureTransport': 'false' },
          },
        ];
        for (const request of refused)
          expect([request, role.decide(request)]).toEqual([request, expect.stringMatching(/^denied/)]);
      },
    );
  });

  test('lets a workflow read the outputs as make aws-outputs does, and those of no other stack', async () => {
    const { every } = accounts;
    await using proxy = await every.proxy(every.given('deployer'), {});
    const credentials = { accessKeyId: 'emulator', secretAccessKey: 'emulator' };
    const client = new CloudFormationClient({ region: 'us-east-1', endpoint: proxy.url, credentials });
    for (const part of stackParts(EVERY_USE)) await deployedOutputs(client, stackName(EVERY_USE, part));
    expect(proxy.denied).toEqual([]);
    await expect(deployedOutputs(client, 'other')).rejects.toThrow(
      'is not authorized to perform: cloudformation:DescribeStacks',
    );
    client.destroy();
  });

  test('lets a workflow push images, read the outputs and find the cluster', () => {
    const deployer = accounts.every.given('deployer');
    const arn = (service: string, resource: string) =>
      `arn:aws:${service}:us-east-1:000000000000:${resource}`;
    // What a push needs: https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-push-iam.html
    const push = [
      'BatchCheckLayerAvailability',
      'BatchGetImage',
      'CompleteLayerUpload',
      'InitiateLayerUpload',
      'PutImage',
      'UploadLayerPart',
    ];
    const calls = [
      ['ecr:GetAuthorizationToken', '*'],
      ...IMAGES.flatMap((image) =>
        push.map((action) => [`ecr:${action}`, arn('ecr', `repository/loan-eligibility/${image}`)]),
      ),
      ['cloudformation:DescribeStacks', arn('cloudformation', 'stack/loan-eligibility-data/an-id')],
      ['eks:DescribeCluster', arn('eks', 'cluster/loan-eligibility')],
    ] as const;
    for (const [action, resource] of calls)
      expect([
        action,
        resource,
        deployer.decide({ action: action ?? '', resource: resource ?? '', context: {} }),
      ]).toEqual([action, resource, 'allowed']);
    const refused = [
      ['ecr:PutImage', arn('ecr', 'repository/other/inference')],
      ['ecr:DeleteRepository', arn('ecr', 'repository/loan-eligibility/inference')],
      ['ecr:BatchDeleteImage', arn('ecr', 'repository/loan-eligibility/inference')],
      ['eks:DescribeCluster', arn('eks', 'cluster/other')],
      ['eks:AccessKubernetesApi', arn('eks', 'cluster/loan-eligibility')],
      ['cloudformation:DescribeStacks', arn('cloudformation', 'stack/other/an-id')],
      ['iam:PassRole', '*'],
      ['sts:AssumeRole', 'arn:aws:iam::000000000000:role/cdk-hnb659fds-deploy-role-000000000000-us-east-1'],
    ] as const;
    for (const [action, resource] of refused)
      expect([action, resource, deployer.decide({ action, resource, context: {} })]).toEqual([
        action,
        resource,
        'denied implicitly',
      ]);
  });
});

/** External Secrets is not ours, and has a namespace of its own. */
function namespaceOf(account: string): string {
  return account === 'external-secrets' ? account : 'loan-eligibility';
}
