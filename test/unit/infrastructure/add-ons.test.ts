import { beforeAll, describe, expect, it } from '@jest/globals';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { CHARTS } from '../../../infrastructure/add-ons/charts.ts';
import { type AwsEnvironment, defineAwsEnvironment } from '../../../infrastructure/environment-schema.ts';
import { existingAccount, medium, small } from '../../../infrastructure/environments.ts';
import { stackParts } from '../../../infrastructure/names.ts';
import { AddOnsStack } from '../../../infrastructure/stacks/add-ons-stack.ts';
import { ClusterStack } from '../../../infrastructure/stacks/cluster-stack.ts';
import { NetworkStack } from '../../../infrastructure/stacks/network-stack.ts';
import { BareApps } from '../../support/aws/bare-apps.ts';

const managed = defineAwsEnvironment({
  ...medium,
  addOns: { prometheus: 'managed', loadBalancerController: 'helm' },
});
/** Add-ons for a cluster that exists, whose API server is private. */
const inExistingCluster = defineAwsEnvironment({
  ...existingAccount,
  cluster: { ...existingCluster(), securityGroupId: 'sg-0123456789abcdef0' },
  addOns: { loadBalancerController: 'helm' },
});

const environments = { small, medium, managed, inExistingCluster };
type Name = keyof typeof environments;
const templates: Partial<Record<Name, Template>> = {};

function existingCluster() {
  if (existingAccount.cluster.kind !== 'existing') throw new Error('the preset has an existing cluster');
  return existingAccount.cluster;
}

beforeAll(() => {
  using apps = new BareApps();
  for (const name of Object.keys(environments) as Name[]) {
    const environment: AwsEnvironment = environments[name];
    const app = apps.make(environment);
    const { network, cluster } = environment;
    const vpcOwner = network.kind === 'new' ? new NetworkStack(app, environment, network) : undefined;
    const made =
      cluster.kind === 'new' ? new ClusterStack(app, environment, cluster, vpcOwner).cluster : undefined;
    templates[name] = Template.fromStack(
      new AddOnsStack(app, environment, { network: vpcOwner, cluster: made }),
    );
  }
});

function template(name: Name): Template {
  const found = templates[name];
  if (!found) throw new Error(`environment ${name} has no add-ons`);
  return found;
}

interface Release {
  readonly id: string;
  readonly chart: string;
  readonly version: string;
  readonly namespace: string;
  // biome-ignore lint/suspicious/noExplicitAny: values of a chart have the shape that the chart wants
  readonly values: any;
  readonly after: readonly string[];
}

/** The Helm releases by name, with their values. A value that only a deployment knows is `TOKEN`. */
function releases(name: Name): Readonly<Record<string, Release>> {
  const charts = Object.entries(template(name).findResources('Custom::AWSCDK-EKS-HelmChart'));
  return Object.fromEntries(
    charts.map(([id, { Properties, DependsOn }]) => {
      const { Release, Chart, Version, Namespace, Values } = Properties;
      const parts: unknown[] = typeof Values === 'string' ? [Values] : Values['Fn::Join'][1];
      const text = parts.map((part) => (typeof part === 'string' ? part : 'TOKEN')).join('');
      const release = {
        id,
        chart: Chart,
        version: Version,
        namespace: Namespace,
        values: JSON.parse(text),
        after: DependsOn,
      };
      return [Release, release];
    }),
  );
}

function release(name: Name, releaseName: string): Release {
  const found = releases(name)[releaseName];
  if (!found) throw new Error(`environment ${name} does not install ${releaseName}`);
  return found;
}

describe('add-ons', () => {
  it.each([
    ['small', ['external-secrets', 'keda', 'node-autoscaler', 'prometheus']],
    ['medium', ['external-secrets', 'keda', 'node-autoscaler', 'prometheus']],
    ['managed', ['external-secrets', 'keda', 'load-balancer-controller', 'node-autoscaler', 'prometheus']],
    ['inExistingCluster', ['external-secrets', 'keda', 'load-balancer-controller', 'prometheus']],
  ] as const)('of %s are %j', (name, expected) => {
    expect(Object.keys(releases(name)).sort()).toEqual(expected);
  });

  it.each([
    ['small', 'node-autoscaler', 'nodeautoscalerroleassociation'],
    ['managed', 'prometheus', 'writerassociation'],
    ['managed', 'load-balancer-controller', 'loadbalancercontrollerroleassociation'],
  ] as const)('of %s: %s starts only after EKS gives its pods a role', (name, releaseName, association) => {
    expect(release(name, releaseName).after).toEqual(
      expect.arrayContaining([expect.stringContaining(association)]),
    );
  });

  it('are of versions that a person chose, each from the repository of its authors', () => {
    for (const { chart, version } of Object.values(releases('managed')))
      expect(Object.values(CHARTS)).toContainEqual(expect.objectContaining({ chart, version }));
    for (const { version, repository } of Object.values(CHARTS)) {
      expect(version).toMatch(/^\d+\.\d+\.\d+$/);
      expect(repository).toMatch(/^https:/);
    }
    const [major, minor] = CHARTS.keda.version.split('.').map(Number);
    expect([major, Number(minor) >= 17]).toEqual([2, true]);
  });

  it('are no stack if the cluster has them all', () => {
    expect(stackParts(existingAccount)).not.toContain('add-ons');
    const own = { keda: 'own', prometheus: 'own', externalSecrets: 'own' } as const;
    const { cluster } = medium;
    if (cluster.kind !== 'new' || cluster.nodes.kind !== 'managed')
      throw new Error('medium has managed nodes');
    const parts = (autoscaler: 'helm' | 'own') => {
      const nodes = { ...cluster.nodes, autoscaler } as typeof cluster.nodes;
      return stackParts(defineAwsEnvironment({ ...medium, cluster: { ...cluster, nodes }, addOns: own }));
    };
    expect(parts('helm')).toContain('add-ons');
    expect(parts('own')).not.toContain('add-ons');
  });

  it('come after the namespace of the system, which no update and no deletion of the stack deletes', () => {
    const [id, namespace] =
      Object.entries(template('medium').findResources('Custom::AWSCDK-EKS-KubernetesResource'))[0] ?? [];
    expect(JSON.parse(namespace?.Properties.Manifest)).toEqual([
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'loan-eligibility' } },
    ]);
    expect(namespace?.DeletionPolicy).toBe('Retain');
    expect(namespace?.Properties.PruneLabel).toBeUndefined();
    for (const { after } of Object.values(releases('medium'))) expect(after).toContain(id);
  });
});

describe('the stack of add-ons', () => {
  it('makes the same resources as before', () => {
    const kinds = Object.fromEntries(
      (['medium', 'managed', 'inExistingCluster'] as const).map((name) => {
        const resources = Object.values<{ Type: string }>(template(name).toJSON().Resources).map(
          ({ Type }) => Type,
        );
        const counts = [...new Set(resources)]
          .sort()
          .map((type) => [type, resources.filter((other) => other === type).length]);
        return [name, Object.fromEntries(counts)];
      }),
    );
    expect(kinds).toMatchSnapshot();
  });
});

describe('Prometheus', () => {
  it('selects monitors and rules of every namespace, in the namespace that the manifests name', () => {
    const { namespace, values } = release('medium', 'prometheus');
    expect(namespace).toBe('monitoring');
    expect(values.prometheus.prometheusSpec).toMatchObject({
      podMonitorSelectorNilUsesHelmValues: false,
      ruleSelectorNilUsesHelmValues: false,
      replicas: 2,
      retention: '15d',
      retentionSize: '40GiB',
    });
    expect(release('small', 'prometheus').values.prometheus.prometheusSpec.replicas).toBe(1);
  });

  it('keeps its data on encrypted disks', () => {
    const { values } = release('medium', 'prometheus');
    const claim = { spec: { storageClassName: 'gp3', resources: { requests: { storage: '50Gi' } } } };
    expect(values.prometheus.prometheusSpec.storageSpec.volumeClaimTemplate).toMatchObject(claim);
    expect(values.alertmanager.alertmanagerSpec.storage.volumeClaimTemplate.spec.storageClassName).toBe(
      'gp3',
    );
  });

  it('watches no part of the control plane that EKS hides', () => {
    const { values } = release('medium', 'prometheus');
    for (const part of ['kubeControllerManager', 'kubeScheduler', 'kubeEtcd', 'kubeProxy'])
      expect(values[part]).toEqual({ enabled: false });
  });

  it('has a Grafana that shows labelled ConfigMaps and may read no Secret', () => {
    const { values } = release('medium', 'prometheus');
    expect(values.grafana.sidecar.dashboards).toMatchObject({
      enabled: true,
      label: 'grafana_dashboard',
      resource: 'configmap',
      searchNamespace: ['monitoring', 'loan-eligibility'],
    });
    expect(values.grafana.rbac.useExistingRole).toBe('grafana-dashboards');
    const roles = values.extraManifests;
    expect(roles.map(({ metadata }: { metadata: object }) => metadata)).toEqual([
      { name: 'grafana-dashboards', namespace: 'monitoring' },
      { name: 'grafana-dashboards', namespace: 'loan-eligibility' },
    ]);
    for (const { rules } of roles)
      expect(rules).toEqual([
        { apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'list', 'watch'] },
      ]);
  });

  it.each(Object.keys(environments) as Name[])('of %s has no password in its template', (name) => {
    expect(JSON.stringify(template(name).toJSON())).not.toMatch(/"?(adminP|p)assword\\*"?\s*:/);
  });

  it('writes to Amazon with the role of its ServiceAccount, if Amazon keeps the metrics', () => {
    const { values } = release('managed', 'prometheus');
    expect(values.prometheus.prometheusSpec.remoteWrite).toEqual([
      { url: 'TOKENapi/v1/remote_write', sigv4: { region: 'us-east-1' } },
    ]);
    expect(values.grafana).toEqual({ enabled: false });
    template('managed').hasResourceProperties('AWS::EKS::PodIdentityAssociation', {
      Namespace: 'monitoring',
      ServiceAccount: 'prometheus',
    });
    template('managed').hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: {
        Statement: [{ Action: 'aps:RemoteWrite', Resource: { 'Fn::GetAtt': Match.anyValue() } }],
      },
    });
    template('managed').hasResourceProperties('AWS::Grafana::Workspace', {
      AuthenticationProviders: ['AWS_SSO'],
    });
    template('medium').resourceCountIs('AWS::APS::Workspace', 0);
  });
});

describe('KEDA', () => {
  it('scales in one namespace, and reads no Secret of it', () => {
    const { namespace, values } = release('medium', 'keda');
    expect(namespace).toBe('keda');
    expect(values).toMatchObject({
      watchNamespace: 'loan-eligibility',
      rbac: { enabledCustomScaledRefKinds: false },
      permissions: { operator: { restrict: { secret: true } }, metricServer: { restrict: { secret: true } } },
      operator: { replicaCount: 2 },
      podDisruptionBudget: { operator: { minAvailable: 1 } },
    });
    expect(release('small', 'keda').values.podDisruptionBudget).toBeUndefined();
  });
});

describe('External Secrets', () => {
  it('writes Secrets in one namespace, with the rights of its own pod alone', () => {
    const { namespace, values } = release('medium', 'external-secrets');
    expect(namespace).toBe('external-secrets');
    expect(values).toMatchObject({
      scopedNamespace: 'loan-eligibility',
      scopedRBAC: true,
      processClusterStore: false,
      rbac: { serviceAccountTokenCreate: false },
      serviceAccount: { name: 'external-secrets', annotations: {} },
    });
  });

  it('names its role to a cluster with an OIDC provider', () => {
    expect(release('inExistingCluster', 'external-secrets').values.serviceAccount.annotations).toEqual({
      'eks.amazonaws.com/role-arn': 'arn:aws:iam::111122223333:role/loan-eligibility-external-secrets',
    });
  });
});

describe('the load balancer controller', () => {
  it('has the policy of its version, without services that stay unused', () => {
    const policies = Object.values(template('managed').findResources('AWS::IAM::Policy'));
    const policy = policies.find(({ Properties }) =>
      JSON.stringify(Properties.PolicyDocument).includes('elasticloadbalancing'),
    );
    const text = JSON.stringify(policy?.Properties.PolicyDocument);
    expect(text).toContain('elasticloadbalancing:CreateLoadBalancer');
    expect(text).not.toMatch(/waf|shield|cognito/);
    // IAM takes no longer inline policy.
    expect(text.length).toBeLessThan(10_240);
    expect(release('managed', 'load-balancer-controller').values).toMatchObject({
      clusterName: 'loan-eligibility',
      region: 'us-east-1',
      enableServiceMutatorWebhook: false,
      enableWafv2: false,
    });
  });
});

describe('the node autoscaler', () => {
  it('changes the groups of this cluster alone', () => {
    template('medium').hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({
            Action: ['autoscaling:SetDesiredCapacity', 'autoscaling:TerminateInstanceInAutoScalingGroup'],
            Condition: {
              StringEquals: { 'aws:ResourceTag/k8s.io/cluster-autoscaler/loan-eligibility': 'owned' },
            },
          }),
        ]),
      },
    });
    expect(release('medium', 'node-autoscaler').values).toMatchObject({
      awsRegion: 'us-east-1',
      autoDiscovery: { clusterName: 'loan-eligibility' },
      rbac: { serviceAccount: { name: 'cluster-autoscaler' } },
    });
  });
});

describe('a cluster that exists', () => {
  it('admits the function that installs, in its own network', () => {
    template('inExistingCluster').hasResourceProperties('AWS::EKS::AccessEntry', {
      ClusterName: 'platform',
      PrincipalArn: { 'Fn::GetAtt': [Match.stringLikeRegexp('kubectlprovider'), 'Arn'] },
    });
    template('inExistingCluster').allResourcesProperties('AWS::Lambda::Function', {
      VpcConfig: { SecurityGroupIds: ['sg-0123456789abcdef0'] },
    });
    const entry = Object.keys(template('inExistingCluster').findResources('AWS::EKS::AccessEntry'))[0];
    for (const { after } of Object.values(releases('inExistingCluster'))) expect(after).toContain(entry);
  });

  it('gives roles by its OIDC provider, and has no associations', () => {
    template('inExistingCluster').resourceCountIs('AWS::EKS::PodIdentityAssociation', 0);
    template('inExistingCluster').hasResourceProperties('AWS::IAM::Role', {
      AssumeRolePolicyDocument: {
        Statement: [
          {
            Action: 'sts:AssumeRoleWithWebIdentity',
            Condition: {
              StringEquals: {
                'oidc.eks.us-east-1.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF:sub':
                  'system:serviceaccount:kube-system:aws-load-balancer-controller',
              },
            },
          },
        ],
      },
    });
  });
});
