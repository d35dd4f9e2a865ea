import { z } from 'zod';
import { parseCidr, within } from '../cidr.ts';
import { networkAddress } from './network.ts';

/** Minor version of the `kubectl` that deploys. It talks to API servers one minor version older or newer. */
const KUBECTL_MINOR = 34;

const PRIVATE_NETWORKS = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'];

const kubernetesVersion = z
  .string()
  .refine(
    (version) => {
      const minor = /^1\.(\d{1,3})$/.exec(version)?.[1];
      return minor !== undefined && Math.abs(Number(minor) - KUBECTL_MINOR) <= 1;
    },
    `must be 1.${KUBECTL_MINOR - 1} to 1.${KUBECTL_MINOR + 1}, the versions that kubectl 1.${KUBECTL_MINOR} talks to`,
  )
  .default(`1.${KUBECTL_MINOR + 1}`)
  .describe('Version of Kubernetes.');

const serviceNetwork = networkAddress
  .refine(
    (text) => {
      const network = parseCidr(text);
      return (
        network !== undefined &&
        network.prefix >= 12 &&
        network.prefix <= 24 &&
        PRIVATE_NETWORKS.some((outer) => within(network, parseCidr(outer) ?? network))
      );
    },
    `must be a network between /12 and /24 in ${PRIVATE_NETWORKS.join(', ')}`,
  )
  .default('172.20.0.0/16')
  .describe('Addresses of Kubernetes Services.');

const endpoint = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('private') }),
    z.strictObject({
      kind: z.literal('public'),
      networks: z
        .array(
          networkAddress.refine(
            (text) => (parseCidr(text)?.prefix ?? 0) >= 8,
            'must be a network of /8 or longer: a shorter prefix opens the API server to the internet',
          ),
        )
        .min(1, 'must name the networks that may reach the API server from outside of the VPC')
        .max(40)
        .describe('Networks that may reach the API server from outside of the VPC.'),
    }),
  ])
  .default({ kind: 'private' })
  .describe('Who reaches the API server. `private`: the VPC alone. `public`: some networks too.');

const nodes = z
  .discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('managed'),
      instanceType: z
        .string()
        .regex(/^[a-z][a-z0-9-]{0,11}\.[a-z0-9-]{1,14}$/, 'must be an EC2 instance type such as m7i.large')
        .describe('EC2 instance type of the nodes.'),
      minimum: z.int().min(1).max(100).describe('Fewest nodes.'),
      maximum: z.int().min(1).max(100).describe('Most nodes.'),
      diskGibibytes: z.int().min(20).max(16_384).default(80).describe('Size of the disk of a node, in GiB.'),
      autoscaler: z
        .enum(['helm', 'own'])
        .default('helm')
        .describe('`helm` installs the Cluster Autoscaler. Without one, the number of nodes stays.'),
    }),
    z.strictObject({ kind: z.literal('auto') }),
  ])
  .describe('`managed`: a group of nodes. `auto`: EKS Auto Mode.');

/** Who manages the cluster. */
const principalArn = z
  .string()
  .regex(
    /^arn:aws[a-z-]{0,12}:iam::\d{12}:(role|user)\/[\w+=,.@/-]{1,576}$/,
    'must be the ARN of an IAM role or user',
  );

/** The EKS cluster. */
export const clusterSettings = z
  .discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('new'),
      kubernetesVersion,
      support: z
        .enum(['standard', 'extended'])
        .default('standard')
        .describe(
          '`standard`: EKS upgrades the cluster when the standard support of its version ends. `extended`: the version stays, and the cluster costs six times as much from then on.',
        ),
      serviceNetwork,
      endpoint,
      administrators: z
        .array(principalArn)
        .min(1, 'must name an IAM role or user: nobody else may use kubectl')
        .max(20)
        .describe('IAM roles and users that administer the cluster. Each must exist.'),
      logDays: z
        .literal([1, 7, 30, 90, 180, 365])
        .default(90)
        .describe('Days for which the logs of the control plane are kept.'),
      nodes,
    }),
    z.strictObject({
      kind: z.literal('existing'),
      name: z
        .string()
        .regex(/^[0-9A-Za-z][\w-]{0,99}$/, 'must be the name of an EKS cluster')
        .describe('Name of the cluster.'),
      securityGroupId: z
        .string()
        .regex(/^sg-[0-9a-f]{8,17}$/, 'must be the id of a security group, sg-…')
        .optional()
        .describe('Cluster security group. Needed to install add-ons if the API server is private.'),
      identity: z
        .discriminatedUnion('kind', [
          z.strictObject({ kind: z.literal('pod-identity') }),
          z.strictObject({
            kind: z.literal('irsa'),
            providerArn: z
              .string()
              .regex(
                /^arn:aws[a-z-]*:iam::\d{12}:oidc-provider\/[\w./-]+$/,
                'must be the ARN of an IAM OIDC provider',
              )
              .describe('ARN of the IAM OIDC provider of the cluster.'),
          }),
        ])
        .describe('How pods get AWS rights.'),
    }),
  ])
  .describe('The EKS cluster: a new one, or an existing one by name.');
