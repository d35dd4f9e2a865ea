import { z } from 'zod';

/** An alarm on the cost. */
export const budgetSettings = z
  .strictObject({
    monthlyDollars: z.number().min(1).max(10_000_000).describe('Expected cost of a month, in US dollars.'),
    email: z.email().max(254).describe('Who is told if the cost exceeds the budget.'),
  })
  .describe('An alarm on the cost of a month.');
