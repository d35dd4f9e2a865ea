import type { z } from 'zod';
import { overlap, parseCidr } from '../cidr.ts';
import { partition } from '../partition.ts';
import type { accessSettings } from './access.ts';
import type { budgetSettings } from './budget.ts';
import type { clusterSettings } from './cluster.ts';
import type { dataSettings } from './data.ts';
import type { networkSettings } from './network.ts';

/** The settings that can contradict each other. */
interface Settings {
  readonly account: string;
  readonly region: string;
  readonly zones: readonly string[];
  readonly network: z.output<typeof networkSettings>;
  readonly cluster: z.output<typeof clusterSettings>;
  readonly data: z.output<typeof dataSettings>;
  readonly access: z.output<typeof accessSettings>;
  readonly budget?: z.output<typeof budgetSettings> | undefined;
}

/** Settings that are valid alone and cannot be together. */
export interface Contradiction {
  readonly path: (string | number)[];
  readonly value: unknown;
  /** The rule that the value breaks. */
  readonly rule: string;
}

/** Each pair of settings that contradict each other. */
export function contradictions(settings: Settings): Contradiction[] {
  return [
    ...zoneContradictions(settings),
    ...subnetContradictions(settings),
    ...nodeContradictions(settings),
    ...existingClusterContradictions(settings),
    ...overlaps(settings),
    ...budgetContradictions(settings),
    ...arnContradictions(settings),
    ...repeated(settings),
  ];
}

function budgetContradictions({ region, budget }: Settings): Contradiction[] {
  if (!budget || !region.startsWith('us-gov-')) return [];
  const rule = `must be left out in region ${region}: AWS Budgets is not in GovCloud. The commercial account that pays can have a budget`;
  return [{ path: ['budget', 'monthlyDollars'], value: budget.monthlyDollars, rule }];
}

/** An ARN of another partition names nothing in this one. A policy, workspace or provider must also be of this account. */
function arnContradictions({ account, region, cluster, access }: Settings): Contradiction[] {
  const { permissionsBoundary, metricsWorkspace, auditStream, deployer } = access;
  const administrators = cluster.kind === 'new' ? cluster.administrators : [];
  const irsa =
    cluster.kind === 'existing' && cluster.identity.kind === 'irsa'
      ? cluster.identity.providerArn
      : undefined;
  const arns: { path: (string | number)[]; value: string | undefined; isOurs: boolean }[] = [
    ...administrators.map((value, index) => ({
      path: ['cluster', 'administrators', index],
      value,
      isOurs: false,
    })),
    { path: ['cluster', 'identity', 'providerArn'], value: irsa, isOurs: false },
    { path: ['access', 'permissionsBoundary'], value: permissionsBoundary, isOurs: true },
    { path: ['access', 'metricsWorkspace'], value: metricsWorkspace, isOurs: true },
    { path: ['access', 'auditStream'], value: auditStream, isOurs: false },
    { path: ['access', 'deployer', 'providerArn'], value: deployer?.providerArn, isOurs: true },
  ];
  return arns.flatMap(({ path, value, isOurs }) => {
    if (value === undefined) return [];
    const [, place, , where = '', owner = ''] = value.split(':');
    if (place !== partition({ region }))
      return [
        { path, value, rule: `must begin with arn:${partition({ region })}, as region ${region} does` },
      ];
    if (isOurs && owner !== account && owner !== 'aws')
      return [{ path, value, rule: `must be in account ${account}` }];
    if (where !== '' && where !== region) return [{ path, value, rule: `must be in region ${region}` }];
    return [];
  });
}

function repeated({ cluster, network }: Settings): Contradiction[] {
  const lists: { path: string[]; value: readonly string[] }[] = [
    ...(cluster.kind === 'new'
      ? [{ path: ['cluster', 'administrators'], value: cluster.administrators }]
      : []),
    ...(network.kind === 'new'
      ? [{ path: ['network', 'interfaceEndpoints'], value: network.interfaceEndpoints }]
      : []),
  ];
  return lists
    .filter(({ value }) => new Set(value).size < value.length)
    .map(({ path, value }) => ({ path, value, rule: 'must not name one entry twice' }));
}

function zoneContradictions({ region, zones }: Settings): Contradiction[] {
  const elsewhere = zones.flatMap((zone, index) =>
    zone.startsWith(region) && /^[a-z]$/.test(zone.slice(region.length))
      ? []
      : [
          {
            path: ['zones', index],
            value: zone,
            rule: `must be a zone of region ${region}, such as ${region}a`,
          },
        ],
  );
  if (new Set(zones).size === zones.length) return elsewhere;
  return [...elsewhere, { path: ['zones'], value: zones, rule: 'must not name one zone twice' }];
}

function subnetContradictions({ network, zones }: Settings): Contradiction[] {
  if (network.kind === 'new') {
    if (network.natGateways <= zones.length) return [];
    const rule = `must not be more than the ${zones.length} zones`;
    return [{ path: ['network', 'natGateways'], value: network.natGateways, rule }];
  }
  const { privateSubnetIds: subnets } = network;
  const path = ['network', 'privateSubnetIds'];
  if (subnets.length !== zones.length)
    return [
      {
        path,
        value: subnets,
        rule: `must name ${zones.length} subnets, one for each of ${zones.join(', ')}`,
      },
    ];
  if (new Set(subnets).size < subnets.length)
    return [{ path, value: subnets, rule: 'must not name one subnet twice' }];
  return [];
}

function nodeContradictions({ cluster }: Settings): Contradiction[] {
  if (cluster.kind === 'existing' || cluster.nodes.kind === 'auto') return [];
  const { minimum, maximum, instanceType } = cluster.nodes;
  if (/\.(nano|micro|small|medium)$/.test(instanceType)) {
    const rule = 'must be of size large or larger: training and MLflow find no room on a smaller node';
    return [{ path: ['cluster', 'nodes', 'instanceType'], value: instanceType, rule }];
  }
  if (minimum <= maximum) return [];
  const rule = `must not be more than cluster.nodes.maximum = ${maximum}`;
  return [{ path: ['cluster', 'nodes', 'minimum'], value: minimum, rule }];
}

function existingClusterContradictions({ account, region, network, cluster }: Settings): Contradiction[] {
  if (cluster.kind === 'new') return [];
  const found: Contradiction[] = [];
  if (network.kind === 'new') {
    const rule =
      "must be 'existing' because cluster.kind is 'existing': the pods are in the VPC of their cluster";
    found.push({ path: ['network', 'kind'], value: network.kind, rule });
  }
  if (cluster.identity.kind === 'irsa') {
    const { providerArn } = cluster.identity;
    const path = ['cluster', 'identity', 'providerArn'];
    const [, , , , owner, provider = ''] = providerArn.split(':');
    if (owner !== account) found.push({ path, value: providerArn, rule: `must be in account ${account}` });
    const issuer = /\/oidc\.eks\.([a-z0-9-]{1,40})\./.exec(provider)?.[1];
    if (issuer !== undefined && issuer !== region)
      found.push({ path, value: providerArn, rule: `must be of a cluster in region ${region}` });
  }
  return found;
}

/** An address in two networks leads to one of them: pods would not reach the other. */
function overlaps({ network, cluster, data }: Settings): Contradiction[] {
  const vpc = { path: ['network', 'network'], value: network.network };
  const services =
    cluster.kind === 'new'
      ? { path: ['cluster', 'serviceNetwork'], value: cluster.serviceNetwork }
      : undefined;
  const database =
    data.database.kind === 'existing'
      ? { path: ['data', 'database', 'network'], value: data.database.network }
      : undefined;
  const pairs = [
    [services, vpc],
    [services, database],
    // A database that exists cannot be in a VPC that does not exist yet.
    network.kind === 'new' ? [database, vpc] : [],
  ];
  return pairs.flatMap(([left, right]) => {
    const [first, second] = [parseCidr(left?.value ?? ''), parseCidr(right?.value ?? '')];
    if (!left || !right || !first || !second || !overlap(first, second)) return [];
    return [{ ...left, rule: `must not overlap ${right.path.join('.')} = ${JSON.stringify(right.value)}` }];
  });
}
