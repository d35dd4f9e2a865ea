import type { z } from 'zod';
import { overlap, parseCidr } from '../cidr.ts';
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
  ];
}

function budgetContradictions({ region, budget }: Settings): Contradiction[] {
  if (!budget || !region.startsWith('us-gov-')) return [];
  const rule = `must be left out in region ${region}: AWS Budgets is not in GovCloud. The commercial account that pays can have a budget`;
  return [{ path: ['budget', 'monthlyDollars'], value: budget.monthlyDollars, rule }];
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
  const { minimum, maximum } = cluster.nodes;
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
