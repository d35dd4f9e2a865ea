import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { addressAt, overlap, parseCidr } from '../../../infrastructure/cidr.ts';
import { defineAwsEnvironment } from '../../../infrastructure/environment-schema.ts';
import { existingAccount, medium, small } from '../../../infrastructure/environments.ts';

/** The preset with some settings changed, as a user would write them. */
function changed(preset: object, change: object): () => unknown {
  const merged = merge(structuredClone(preset), change);
  return () => defineAwsEnvironment(merged as Parameters<typeof defineAwsEnvironment>[0]);
}

function merge(base: unknown, change: unknown): unknown {
  if (!isObject(base) || !isObject(change)) return change;
  const keys = new Set([...Object.keys(base), ...Object.keys(change)]);
  return Object.fromEntries(
    [...keys].map((key) => [key, key in change ? merge(base[key], change[key]) : base[key]]),
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const octet = fc.nat(255);
const network = fc
  .tuple(octet, octet, octet, octet, fc.integer({ min: 8, max: 30 }))
  .map(([a, b, c, d, prefix]) => {
    const size = 2 ** (32 - prefix);
    const first = Math.floor((((a * 256 + b) * 256 + c) * 256 + d) / size) * size;
    return `${addressAt({ first, last: first, prefix }, 0)}/${prefix}`;
  });

describe('networks', () => {
  it('overlap if, and only if, one holds the first address of the other', () => {
    fc.assert(
      fc.property(network, network, (left, right) => {
        const [a, b] = [parseCidr(left), parseCidr(right)];
        if (!a || !b) throw new Error('the generator makes networks');
        const holds = (outer: typeof a, address: number) => address >= outer.first && address <= outer.last;
        expect(overlap(a, b)).toBe(holds(a, b.first) || holds(b, a.first));
        expect(overlap(b, a)).toBe(overlap(a, b));
      }),
    );
  });

  it('begin with their first address', () => {
    expect(parseCidr('10.0.0.1/16')).toBeUndefined();
    expect(parseCidr('10.0.0.0/16')).toEqual({ first: 167_772_160, last: 167_837_695, prefix: 16 });
  });
});

describe('settings of an account', () => {
  it.each(Object.entries({ small, medium, existingAccount }))('preset %s is valid', (_, preset) => {
    expect(changed(preset, {})()).toEqual(preset);
  });

  it('refuse zones of another region, and quote each', () => {
    const regions = fc.constantFrom('us-east-1', 'us-east-2', 'eu-west-1', 'ap-southeast-2', 'us-gov-west-1');
    fc.assert(
      fc.property(regions, regions, fc.constantFrom('a', 'b', '-bos-1a', '0a'), (region, other, suffix) => {
        const zone = other + suffix;
        fc.pre(other !== region || suffix.length > 1);
        expect(changed(small, { region, zones: [`${region}c`, zone] })).toThrow(
          `zones.1 = "${zone}": must be a zone of region ${region}`,
        );
      }),
    );
  });

  it.each([
    [{ zones: ['us-east-1a'] }, 'zones = ["us-east-1a"]: '],
    [{ zones: [] }, 'zones = []: '],
    [
      { zones: ['us-east-1a', 'us-east-1b', 'us-east-1a'] },
      'zones = ["us-east-1a","us-east-1b","us-east-1a"]: must not name',
    ],
    [
      { zones: ['us-east-1a', 'us-east-1b'], network: { natGateways: 3 } },
      'network.natGateways = 3: must not be more than the 2 zones',
    ],
    [
      { network: { network: '10.0.0.0/28' } },
      'network.network = "10.0.0.0/28": must be a network between /16 and /20',
    ],
    [
      { network: { network: '10.0.0.0/8' } },
      'network.network = "10.0.0.0/8": must be a network between /16 and /20',
    ],
    [
      { network: { network: '10.0.0.7/16' } },
      'network.network = "10.0.0.7/16": must begin with the first address',
    ],
    [{ network: { interfaceEndpoints: ['redis'] } }, 'network.interfaceEndpoints.0 = "redis": '],
    [{ network: { flowLogDays: 2 } }, 'network.flowLogDays = 2: '],
    [{ cluster: { kubernetesVersion: '1.29' } }, 'cluster.kubernetesVersion = "1.29": must be 1.33 to 1.35'],
    [{ cluster: { kubernetesVersion: '1.36' } }, 'cluster.kubernetesVersion = "1.36": must be 1.33 to 1.35'],
    [{ cluster: { kubernetesVersion: '1.3' } }, 'cluster.kubernetesVersion = "1.3": must be 1.33 to 1.35'],
    [
      { cluster: { endpoint: { kind: 'public', networks: [] } } },
      'cluster.endpoint.networks = []: must name the networks',
    ],
    [
      { cluster: { endpoint: { kind: 'public', networks: ['0.0.0.0/0'] } } },
      'cluster.endpoint.networks.0 = "0.0.0.0/0": must be a network of /8 or longer',
    ],
    [
      { cluster: { serviceNetwork: '8.8.0.0/16' } },
      'cluster.serviceNetwork = "8.8.0.0/16": must be a network between /12 and /24',
    ],
    [
      { cluster: { serviceNetwork: '10.0.128.0/17' } },
      'cluster.serviceNetwork = "10.0.128.0/17": must not overlap network.network = "10.0.0.0/16"',
    ],
    [{ cluster: { administrators: [] } }, 'cluster.administrators = []: must name an IAM role or user'],
    [{ cluster: { administrators: ['root'] } }, 'cluster.administrators.0 = "root": must be the ARN'],
    [
      { cluster: { nodes: { minimum: 5, maximum: 2 } } },
      'cluster.nodes.minimum = 5: must not be more than cluster.nodes.maximum = 2',
    ],
    [
      { cluster: { nodes: { instanceType: 'large' } } },
      'cluster.nodes.instanceType = "large": must be an EC2 instance type',
    ],
    [
      {
        data: { database: { kind: 'existing', host: 'db', network: '10.0.4.0/24', instanceType: undefined } },
      },
      'data.database.network = "10.0.4.0/24": must not overlap network.network = "10.0.0.0/16"',
    ],
    [
      { cluster: { nodes: { instanceType: 't3.nano' } } },
      'cluster.nodes.instanceType = "t3.nano": must be of size large or larger',
    ],
    [
      { cluster: { administrators: ['arn:aws-cn:iam::111122223333:role/a'] } },
      'cluster.administrators.0 = "arn:aws-cn:iam::111122223333:role/a": must begin with arn:aws, as region us-east-1',
    ],
    [
      { cluster: { administrators: Array(2).fill('arn:aws:iam::111122223333:role/a') } },
      'must not name one entry twice',
    ],
    [{ network: { interfaceEndpoints: ['ecr', 'ecr'] } }, 'must not name one entry twice'],
    [
      { access: { permissionsBoundary: 'arn:aws:iam::999999999999:policy/x' } },
      'access.permissionsBoundary = "arn:aws:iam::999999999999:policy/x": must be in account 111122223333',
    ],
    [
      { access: { metricsWorkspace: 'arn:aws:aps:eu-west-1:111122223333:workspace/ws-1' } },
      'must be in region us-east-1',
    ],
    ...['us-esat-1', 'eusc-de-east-1', 'us-iso-east-1', 'mars-north-1'].map((region): [object, string] => [
      { region },
      `region = "${region}": must be a region of AWS, AWS GovCloud or AWS China`,
    ]),
    ...['db host/x?sslmode=disable#', '-db', 'db@host', ''].map((host): [object, string] => [
      { data: { database: { kind: 'existing', host, network: '10.9.0.0/16' } } },
      `data.database.host = ${JSON.stringify(host)}: must be a host name`,
    ]),
    ...['10.9.0.5/16', '0.0.0.0/0'].map((network): [object, string] => [
      { data: { database: { kind: 'existing', host: 'db', network } } },
      `data.database.network = "${network}": must be`,
    ]),
    [{ tags: { 'aws:owner': 'x' } }, 'tags.aws:owner'],
    [{ tags: { application: 'x' } }, 'tags.application'],
    [{ tags: { team: 'a'.repeat(257) } }, 'tags.team = "aaa'],
    [
      { tags: Object.fromEntries(Array.from({ length: 41 }, (_, i) => [`tag-${i}`, ''])) },
      'must not be more than 40',
    ],
  ])('refuse %j', (change, message) => {
    expect(changed(small, change)).toThrow(message);
  });

  it.each([
    [
      { network: { privateSubnetIds: ['subnet-0123456789abcdef0', 'subnet-0123456789abcdef1'] } },
      'must name 3 subnets, one for each of us-east-1a, us-east-1b, us-east-1c',
    ],
    [{ network: { privateSubnetIds: [] } }, 'network.privateSubnetIds = []: '],
    [
      { network: { privateSubnetIds: Array(3).fill('subnet-0123456789abcdef0') } },
      'must not name one subnet twice',
    ],
    [{ network: { vpcId: 'main' } }, 'network.vpcId = "main": must be the id of a VPC'],
    [{ cluster: { name: 'two words' } }, 'cluster.name = "two words": must be the name of an EKS cluster'],
    [
      { cluster: { securityGroupId: 'default' } },
      'cluster.securityGroupId = "default": must be the id of a security group',
    ],
    [
      { account: '444455556666' },
      '"arn:aws:iam::111122223333:oidc-provider/oidc.eks.us-east-1.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF": must be in account 444455556666',
    ],
    [
      { region: 'eu-west-1', zones: ['eu-west-1a', 'eu-west-1b', 'eu-west-1c'] },
      'must be of a cluster in region eu-west-1',
    ],
  ])('of an existing account refuse %j', (change, message) => {
    expect(changed(existingAccount, change)).toThrow(message);
  });

  it('refuse a new VPC for a cluster that is in another', () => {
    expect(changed({ ...small, cluster: existingAccount.cluster }, {})).toThrow(
      "network.kind = \"new\": must be 'existing' because cluster.kind is 'existing'",
    );
  });

  it('refuse an existing database whose network hides a part of the new VPC', () => {
    const database = { kind: 'existing', host: 'database.example', network: '10.0.4.0/24' };
    expect(changed({ ...small, data: { ...small.data, database } }, {})).toThrow(
      'data.database.network = "10.0.4.0/24": must not overlap network.network = "10.0.0.0/16"',
    );
  });

  it('refuse every two networks of which one could hide the other', () => {
    const vpc = fc.integer({ min: 0, max: 255 }).map((second) => `10.${second}.0.0/16`);
    const services = fc.integer({ min: 0, max: 255 }).map((second) => `10.${second}.0.0/16`);
    fc.assert(
      fc.property(vpc, services, (own, service) => {
        const settings = changed(medium, { network: { network: own }, cluster: { serviceNetwork: service } });
        if (own === service)
          expect(settings).toThrow(`= "${service}": must not overlap network.network = "${own}"`);
        else expect(settings).not.toThrow();
      }),
    );
  });
});
