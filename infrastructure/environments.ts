/** The one file to edit before `make aws-deploy`: account, region, and the size that is deployed. */
import { type AwsEnvironment, defineAwsEnvironment } from './environment-schema.ts';
import { partition } from './partition.ts';

const ACCOUNT = '111122223333';
const REGION = 'us-east-1';
/** Which of the settings below are deployed, and what `k8s/eks` is made for. */
const PRESET: 'small' | 'medium' | 'existingAccount' = 'medium';

/**
 * Zones differ by region and account: `aws ec2 describe-availability-zones --region REGION`. Take two or three.
 * In us-east-1 leave out the zone with the id use1-az3: EKS does not run there.
 */
const ZONES = ['a', 'b', 'c'].map((zone) => REGION + zone);

/** Who is told about alarms and about the cost. */
const EMAIL = 'loan-eligibility@example.com';

/** Roles and users that may use `kubectl`. Each must exist in the account. */
const ADMINISTRATORS = [`arn:${partition({ region: REGION })}:iam::${ACCOUNT}:role/administrator`];

/** Networks outside of the VPC that may reach the API server: those from which you run `kubectl`. */
const KUBECTL_NETWORKS = ['203.0.113.0/24'];

/** For trials: one NAT gateway, two small nodes, one pod of each add-on, no standby of the database. */
export const small = defineAwsEnvironment({
  account: ACCOUNT,
  region: REGION,
  zones: ZONES,
  network: { kind: 'new', natGateways: 1, interfaceEndpoints: ['kinesis'] },
  cluster: {
    kind: 'new',
    administrators: ADMINISTRATORS,
    endpoint: { kind: 'public', networks: KUBECTL_NETWORKS },
    nodes: { kind: 'managed', instanceType: 'm7i.large', minimum: 2, maximum: 4 },
  },
  data: {
    alarmEmail: EMAIL,
    streams: { capacity: 'on-demand' },
    database: { kind: 'new', instanceType: 't4g.medium', multiAz: false, storageGibibytes: 20 },
  },
  access: {},
  addOns: { replicas: 1 },
  budget: { monthlyDollars: 700, email: EMAIL },
});

/** For production: survives the loss of a zone. */
export const medium = defineAwsEnvironment({
  account: ACCOUNT,
  region: REGION,
  zones: ZONES,
  network: { kind: 'new', natGateways: 3 },
  cluster: {
    kind: 'new',
    administrators: ADMINISTRATORS,
    endpoint: { kind: 'public', networks: KUBECTL_NETWORKS },
    nodes: { kind: 'managed', instanceType: 'm7i.xlarge', minimum: 3, maximum: 9 },
  },
  data: {
    alarmEmail: EMAIL,
    streams: { capacity: 'provisioned', shards: 16 },
    database: { kind: 'new', instanceType: 'm7g.large', multiAz: true, storageGibibytes: 100 },
  },
  access: {},
  addOns: {},
  budget: { monthlyDollars: 3_000, email: EMAIL },
});

/** Into a VPC and a cluster that exist. Pods get AWS rights by the OIDC provider of that cluster. */
export const existingAccount = defineAwsEnvironment({
  account: ACCOUNT,
  region: REGION,
  zones: ZONES,
  network: {
    kind: 'existing',
    vpcId: 'vpc-0123456789abcdef0',
    network: '10.0.0.0/16',
    privateSubnetIds: ['subnet-0123456789abcdef0', 'subnet-0123456789abcdef1', 'subnet-0123456789abcdef2'],
  },
  cluster: {
    kind: 'existing',
    name: 'platform',
    identity: {
      kind: 'irsa',
      providerArn: `arn:${partition({ region: REGION })}:iam::${ACCOUNT}:oidc-provider/oidc.eks.${REGION}.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF`,
    },
  },
  data: {
    streams: { capacity: 'provisioned', shards: 16 },
    database: { kind: 'new', instanceType: 'm7g.large', multiAz: true, storageGibibytes: 100 },
  },
  access: {},
  addOns: { keda: 'own', prometheus: 'own', externalSecrets: 'own' },
});

/** What `make aws-deploy` deploys, and what `k8s/eks` is made for. */
export const SELECTED: AwsEnvironment = { small, medium, existingAccount }[PRESET];
