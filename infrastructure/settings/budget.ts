import { z } from 'zod';

/** An alarm on the cost. */
export const budgetSettings = z
  .strictObject({
    monthlyDollars: z.number().min(1).max(10_000_000).describe('Expected cost of a month, in US dollars.'),
    email: z
      .email({ error: 'must be the e-mail address that is told: a budget without an address tells nobody' })
      .max(254)
      .describe('Who is told if the cost exceeds the budget.'),
    scope: z
      .enum(['account', 'application'])
      .default('account')
      .describe(
        '`account`: all costs of the account. `application`: the costs with the tag `application` alone. AWS counts these only after the tag was activated under Billing, cost allocation tags.',
      ),
  })
  .describe('An alarm on the cost of a month.');
