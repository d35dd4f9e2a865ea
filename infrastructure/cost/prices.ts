/** A list price in us-east-1, without discounts and taxes. */
export interface Price {
  readonly dollars: number;
  /** What the price is for. */
  readonly unit: 'hour' | 'month';
  /** Page of AWS with the price of today. */
  readonly aws: string;
  /** Public pages that state the same price. Fewer than two: price tables in public code state it too, and they agree. */
  readonly sources: readonly string[];
}

/** When somebody last compared the prices with their sources. */
export const PRICES_READ_ON = '2026-11-28';

const PAGES = {
  network: [
    'https://abd-ulbasit.github.io/bookstore-kubernetes-guide/14-eks-in-production-a-to-z/08-vpc-endpoints-and-egress/',
    'https://zeonedge.com/en/blog/eliminating-aws-nat-gateway-costs-vpc-endpoints-privatelink-ipv6',
  ],
  kinesis: [
    'https://awsnegotiations.com/kinesis-pricing-optimization.html',
    'https://c3x.dev/resources/aws/aws_kinesis_stream',
  ],
  rds: [
    'https://infratally.com/articles/aws-rds-pricing-explained-2026.html',
    'https://www.usage.ai/blogs/aws/reserved-instances/rds/pricing-calculator/',
  ],
  ec2: ['https://c3x.dev/blog/m5-vs-m6i-vs-m7i-cost-performance'],
  eks: [
    'https://projecthelena.com/blog/aws-bill-breakdown-2026/',
    'https://kindatechnical.com/aws-eks/lesson-31-understanding-eks-pricing.html',
  ],
  kms: [
    'https://cloudburn.io/blog/aws-kms-pricing',
    'https://www.factualminds.com/blog/aws-kms-pricing-keys-requests-multi-region/',
  ],
  ipv4: [
    'https://vishalvyas.com/understand-aws-public-ipv4-address-usage-and-pricing/',
    'https://themsaid.com/aws-to-charge-for-public-ipv4-addresses',
  ],
} as const;

function price(
  dollars: number,
  unit: Price['unit'],
  service: string,
  sources: readonly string[] = [],
): Price {
  return { dollars, unit, aws: `https://aws.amazon.com/${service}/pricing/`, sources };
}

export const PRICES = {
  cluster: price(0.1, 'hour', 'eks', PAGES.eks),
  nodeDiskGibibyte: price(0.08, 'month', 'ebs'),
  natGateway: price(0.045, 'hour', 'vpc', PAGES.network),
  publicAddress: price(0.005, 'hour', 'vpc', PAGES.ipv4),
  interfaceEndpoint: price(0.01, 'hour', 'privatelink', PAGES.network),
  shard: price(0.015, 'hour', 'kinesis/data-streams', PAGES.kinesis),
  shardRetention: price(0.02, 'hour', 'kinesis/data-streams', PAGES.kinesis),
  onDemandStream: price(0.04, 'hour', 'kinesis/data-streams'),
  databaseDiskGibibyte: price(0.115, 'month', 'rds/postgresql', PAGES.rds),
  key: price(1, 'month', 'kms', PAGES.kms),
} as const satisfies Record<string, Price>;

/** Nodes by EC2 instance type, on demand, Linux. */
export const NODE_PRICES: Readonly<Record<string, Price>> = {
  'm7i.large': price(0.1008, 'hour', 'ec2/on-demand'),
  'm7i.xlarge': price(0.2016, 'hour', 'ec2/on-demand', PAGES.ec2),
};

/** Databases by RDS instance type, in one zone. A standby costs the same again. */
export const DATABASE_PRICES: Readonly<Record<string, Price>> = {
  't4g.medium': price(0.065, 'hour', 'rds/postgresql', PAGES.rds.slice(0, 1)),
};
