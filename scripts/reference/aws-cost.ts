import { type CostLine, costLines, monthlyDollars } from '../../infrastructure/cost/estimate.ts';
import {
  DATABASE_PRICES,
  NODE_PRICES,
  PRICES,
  PRICES_READ_ON,
  type Price,
} from '../../infrastructure/cost/prices.ts';
import type { AwsEnvironment } from '../../infrastructure/environment-schema.ts';
import { existingAccount, medium, small } from '../../infrastructure/environments.ts';
import { code, page, pageHead, table } from './markdown.ts';

const PRESETS = { small, medium, existingAccount };

/** docs/reference/aws-cost.md */
export function awsCostPage(): string {
  return page(
    ...pageHead('Cost on AWS', '`infrastructure/cost/` and the presets of `infrastructure/environments.ts`'),
    '',
    `The estimate is for a month of 730 hours in us-east-1, at list prices read on ${PRICES_READ_ON}, before taxes and discounts.`,
    'The estimate counts what runs all the time: the fewest nodes, and no use.',
    'Not counted: requests, traffic, stored objects, backups beyond the free ones, logs, metrics, alarms, secrets, load balancers and disks of pods.',
    '',
    'Nobody compared the estimate with a bill. Use the [AWS Pricing Calculator](https://calculator.aws/) before you decide.',
    '',
    ...Object.entries(PRESETS).flatMap(([name, environment]) => preset(name, environment)),
    '## Prices',
    '',
    'Several public sources state each price, and they agree. AWS shows the price of today on its own page.',
    'The last column has pages. A price with fewer than two pages was also compared with price tables in public code.',
    '',
    ...table(
      ['price of', 'US dollars', 'AWS', 'sources'],
      Object.entries({ ...PRICES, ...NODE_PRICES, ...prefixed(DATABASE_PRICES) }).map(priceRow),
    ),
  );
}

function prefixed(prices: Readonly<Record<string, Price>>): Record<string, Price> {
  return Object.fromEntries(Object.entries(prices).map(([type, price]) => [`db.${type}`, price]));
}

function preset(name: string, environment: AwsEnvironment): string[] {
  const lines = costLines(environment);
  const total = lines.reduce((sum, line) => sum + (monthlyDollars(line) ?? 0), 0);
  const unknown = lines.filter(({ price }) => price === undefined).map(({ what }) => what);
  return [
    `## ${name}`,
    '',
    ...table(
      ['item', 'quantity', 'price', 'a month'],
      [...lines.map(lineRow), ['**sum**', '', '', `**${dollars(total)}**`]],
    ),
    '',
    ...(unknown.length > 0
      ? [
          `The sum leaves out: ${unknown.join(', ')}. The table has no price that several public sources agree on.`,
          '',
        ]
      : []),
    ...(environment.budget
      ? [
          `The budget of this preset is ${dollars(environment.budget.monthlyDollars)}. Set ${code('budget.monthlyDollars')} to your own.`,
          '',
        ]
      : []),
  ];
}

function lineRow(line: CostLine): string[] {
  const { what, quantity, price } = line;
  const month = monthlyDollars(line);
  return [
    what,
    String(quantity),
    price ? `$${price.dollars} an ${price.unit}`.replace('an month', 'a month') : 'not confirmed',
    month === undefined ? 'not counted' : dollars(month),
  ];
}

function priceRow([name, { dollars: amount, unit, aws, sources }]: [string, Price]): string[] {
  const links = sources.map((source) => `[${new URL(source).hostname}](${source})`);
  return [
    code(name),
    `${amount} ${unit === 'hour' ? 'an hour' : 'a month'}`,
    `[prices](${aws})`,
    links.join(', '),
  ];
}

function dollars(amount: number): string {
  return `$${amount.toLocaleString('en-US', { maximumFractionDigits: 0 })}`;
}
