import type { ServerResponse } from 'node:http';
import { z } from 'zod';
import { REJECTION_CODES } from '../../shared/agreements/rejection-codes.ts';
import { sendJson } from '../../shared/http/json-response.ts';
import type { Refusal } from '../../shared/http/refusal.ts';

/** An error as the runtime of AWS Lambda gives it. */
export const invocationErrorSchema = z
  .object({
    errorMessage: z.string().describe('One sentence that names value and rule.'),
    errorType: z.string().describe('The code that `/predict` gives.'),
  })
  .meta({ title: 'InvocationError' });

/** A body that is too large reaches no function, as on Lambda itself. */
const OF_THE_FUNCTION = new Set(
  [...Object.keys(REJECTION_CODES), 'internal'].filter((code) => code !== 'too_large'),
);

/**
 * Answers as Lambda and its runtime interface emulator do: a function that fails is answered with 200 and the error. Only a
 * request that reaches no function has another status.
 */
export function sendInvocationError(
  response: ServerResponse,
  { status, code, message, headers }: Refusal,
): void {
  const body: z.output<typeof invocationErrorSchema> = { errorMessage: message, errorType: code };
  if (OF_THE_FUNCTION.has(code)) sendJson(response, 200, body, { 'X-Amz-Function-Error': 'Unhandled' });
  else sendJson(response, status, body, headers);
}
