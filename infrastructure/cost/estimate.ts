import type { AwsEnvironment } from '../environment-schema.ts';
import type { INTERFACE_ENDPOINTS } from '../settings/network.ts';
import { DATABASE_PRICES, NODE_PRICES, PRICES, type Price } from './prices.ts';

const HOURS_OF_A_MONTH = 730;
const STREAMS = 3;
/** Kinesis keeps a record for so long without charge. */
const FREE_RETENTION_HOURS = 24;
/** ECR needs two endpoints: one lists images, the other serves them. */
const ENDPOINTS_OF_ECR = 2;

/** One line of the bill. */
export interface CostLine {
  readonly what: string;
  readonly quantity: number;
  /** Undefined if there is no confirmed price. */
  readonly price: Price | undefined;
}

/** What a month costs at rest: without requests, traffic, stored objects, logs and metrics. */
export function costLines(environment: AwsEnvironment): readonly CostLine[] {
  return [
    ...clusterLines(environment),
    ...networkLines(environment),
    ...streamLines(environment),
    ...databaseLines(environment),
  ].filter(({ quantity }) => quantity > 0);
}

/** US dollars of a month. Undefined without a price. */
export function monthlyDollars({ quantity, price }: CostLine): number | undefined {
  return price && quantity * price.dollars * (price.unit === 'hour' ? HOURS_OF_A_MONTH : 1);
}

function clusterLines({ cluster }: AwsEnvironment): CostLine[] {
  if (cluster.kind === 'existing') return [];
  const controlPlane = [
    { what: 'EKS cluster', quantity: 1, price: PRICES.cluster },
    { what: 'KMS key of the cluster', quantity: 1, price: PRICES.key },
  ];
  if (cluster.nodes.kind === 'auto')
    return [...controlPlane, { what: 'nodes of EKS Auto Mode', quantity: 1, price: undefined }];
  const { instanceType, minimum, diskGibibytes } = cluster.nodes;
  return [
    ...controlPlane,
    { what: `nodes ${instanceType}, the minimum`, quantity: minimum, price: NODE_PRICES[instanceType] },
    { what: 'GiB of node disks', quantity: minimum * diskGibibytes, price: PRICES.nodeDiskGibibyte },
  ];
}

function networkLines({ network, zones }: AwsEnvironment): CostLine[] {
  if (network.kind === 'existing') return [];
  const endpoints = network.interfaceEndpoints.reduce((sum, name) => sum + endpointsOf(name), 0);
  return [
    { what: 'NAT gateways', quantity: network.natGateways, price: PRICES.natGateway },
    { what: 'public addresses of NAT gateways', quantity: network.natGateways, price: PRICES.publicAddress },
    {
      what: 'interface endpoints × zones',
      quantity: endpoints * zones.length,
      price: PRICES.interfaceEndpoint,
    },
  ];
}

function endpointsOf(name: (typeof INTERFACE_ENDPOINTS)[number]): number {
  return name === 'ecr' ? ENDPOINTS_OF_ECR : 1;
}

function streamLines({ data }: AwsEnvironment): CostLine[] {
  const key = { what: 'KMS key of the data', quantity: 1, price: PRICES.key };
  if (data.streams.capacity === 'on-demand')
    return [key, { what: 'streams on demand', quantity: STREAMS, price: PRICES.onDemandStream }];
  const shards = STREAMS * data.streams.shards;
  const isKept = data.retentionHours > FREE_RETENTION_HOURS;
  return [
    key,
    { what: 'shards', quantity: shards, price: PRICES.shard },
    {
      what: 'retention of shards after a day',
      quantity: isKept ? shards : 0,
      price: PRICES.shardRetention,
    },
  ];
}

function databaseLines({ data: { database } }: AwsEnvironment): CostLine[] {
  if (database.kind === 'existing') return [];
  const { instanceType, multiAz, storageGibibytes } = database;
  const copies = multiAz ? 2 : 1;
  return [
    { what: `database ${instanceType}`, quantity: copies, price: DATABASE_PRICES[instanceType] },
    {
      what: 'GiB of database disks',
      quantity: copies * storageGibibytes,
      price: PRICES.databaseDiskGibibyte,
    },
  ];
}
