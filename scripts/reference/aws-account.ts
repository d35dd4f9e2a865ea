import { CHARTS } from '../../infrastructure/add-ons/charts.ts';
import { awsEnvironmentSchema } from '../../infrastructure/environment-schema.ts';
import { STACKS, type StackPart } from '../../infrastructure/names.ts';
import { code, page, pageHead, table } from './markdown.ts';
import { optionsTable } from './options-table.ts';

const CONTENTS: Readonly<Record<StackPart, string>> = {
  network:
    'VPC, a private and a public subnet in each zone, NAT gateways, endpoints of AWS services, flow logs, empty default security group',
  cluster:
    'EKS cluster, key for Secrets, logs of the control plane, nodes, EKS add-ons, StorageClass `gp3`, administrators',
  data: 'Kinesis streams, buckets, ECR repositories, database, one key for all, alarms',
  access: 'IAM roles of pods, people and workflows: see [IAM roles](iam-roles.md)',
  'add-ons': 'the Helm charts below, and the namespace of the system',
  budget: 'alarm on the cost of a month',
};

const RULES = [
  'Each zone is in the region, and no zone is named twice.',
  'There are no more NAT gateways than zones.',
  'An existing VPC has one private subnet for each zone. A new cluster in such a VPC needs a NAT gateway there.',
  'No two of these networks overlap: Services, VPC, existing database. An existing database may be in an existing VPC.',
  'An existing cluster is in an existing VPC. Its OIDC provider is of the same account and region.',
  'A group of nodes has a minimum not above its maximum.',
];

const RIGHTS: Readonly<Record<keyof typeof CHARTS, string>> = {
  keda: 'scales Deployments of the namespace `loan-eligibility`, reads no Secret there',
  prometheus:
    'selects monitors and rules of all namespaces; Grafana reads ConfigMaps of `monitoring` and `loan-eligibility`',
  externalSecrets: 'writes Secrets of the namespace `loan-eligibility`, reads one secret of the account',
  nodeAutoscaler: 'changes the groups of nodes of this cluster',
  loadBalancerController: 'makes load balancers for this cluster',
};

const SETTINGS: Readonly<Record<keyof typeof CHARTS, string>> = {
  keda: 'addOns.keda',
  prometheus: 'addOns.prometheus',
  externalSecrets: 'addOns.externalSecrets',
  nodeAutoscaler: 'cluster.nodes.autoscaler',
  loadBalancerController: 'addOns.loadBalancerController',
};

/** docs/reference/aws-account.md */
export function awsAccountPage(): string {
  return page(
    ...pageHead('AWS account', 'the schemas of `infrastructure/`'),
    '',
    'What `make aws-deploy` makes, and every setting of `infrastructure/environments.ts`.',
    'Nothing here has been deployed to AWS: see [what was tried](support.md).',
    '',
    '## Stacks',
    '',
    'In this order. `make aws-deploy AWS="--stacks network,cluster"` deploys some of them.',
    'A stack is left out if its part exists, or if nothing is in it.',
    '',
    ...table(
      ['stack', 'what is in it'],
      STACKS.map((part) => [code(part), CONTENTS[part]]),
    ),
    '',
    '## Settings',
    '',
    'An invalid setting fails when the file is read. The error quotes the setting, its value and the rule.',
    '',
    ...optionsTable(awsEnvironmentSchema),
    '',
    'Rules between settings:',
    '',
    ...RULES.map((rule) => `- ${rule}`),
    ...CLUSTER,
    ...addOns(),
  );
}

const CLUSTER = [
  '',
  '## The cluster',
  '',
  '- **Who may use kubectl.** The administrators of the settings, and the function that installs the add-ons. The role of `access.deployer` may do all in the namespace `loan-eligibility`.',
  '- **API server.** It answers in the VPC, and to `cluster.endpoint.networks`. A network shorter than /8 is refused.',
  '- **Nodes.** Disks are encrypted. A pod cannot take the role of its node, because the metadata service answers no further than the node.',
  '- **EKS add-ons.** eks-pod-identity-agent, kube-proxy and vpc-cni with NetworkPolicies come before the nodes; coredns, aws-ebs-csi-driver and metrics-server after them. EKS chooses their versions.',
  '- **Auto Mode.** EKS brings all of these but metrics-server. The stack switches NetworkPolicies on. DNS is on the node, at the tenth address of `cluster.serviceNetwork`.',
  '- **An existing cluster.** The stacks make nothing in it but the add-ons of the settings. For these it must take access entries: authentication mode `API` or `API_AND_CONFIG_MAP`.',
];

function addOns(): string[] {
  const names = Object.keys(CHARTS) as (keyof typeof CHARTS)[];
  return [
    '',
    '## Add-ons',
    '',
    ...table(
      ['chart', 'version', 'namespace', 'setting', 'rights'],
      names.map((name) => {
        const { chart, version, namespace } = CHARTS[name];
        return [code(chart), version, code(namespace), code(SETTINGS[name]), RIGHTS[name]];
      }),
    ),
    '',
    'The versions were the newest in the repositories of their authors in August 2026. For the load balancer controller it is the newest whose IAM policy the AWS CDK has.',
    'Two charts know no narrower rights. The Prometheus operator may write Secrets of all namespaces. The certificate controller of External Secrets may read them.',
    'Helm 4.1 rendered each chart with these values. To change a version, edit `infrastructure/add-ons/charts.ts`.',
    '',
    '- **Grafana.** The chart makes the password of `admin` at the first installation: `kubectl get secret --namespace monitoring prometheus-grafana --output jsonpath={.data.admin-password} | base64 --decode`.',
    '- **`managed` Prometheus.** Prometheus in the cluster still scrapes, evaluates rules and answers the operator and KEDA. It writes all metrics to Amazon Managed Service for Prometheus.',
    '  Amazon Managed Grafana may read them. It needs IAM Identity Center, has no dashboard at first, and is not in every region.',
    '- **The namespace `loan-eligibility`.** The stack makes it, because the charts get rights in it. It stays when the stack is deleted.',
  ];
}
