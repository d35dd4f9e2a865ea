import type { ServerResponse } from 'node:http';
import { z } from 'zod';
import { sendJson } from './json-response.ts';
import type { Refusal } from './refusal.ts';

/** An error, with a code for programs and a sentence for people. */
export const errorSchema = z
  .object({
    error: z.object({
      code: z.string().describe('For programs. A code never changes its meaning.'),
      field: z.string().optional().describe('Field that the error is about.'),
      message: z.string().describe('One sentence that names value and rule.'),
    }),
  })
  .meta({ title: 'Error' });

/** Answers `{"error": {"code": …, "message": …}}`. */
export function sendError(
  response: ServerResponse,
  { status, code, field, message, headers }: Refusal,
): void {
  const body: z.output<typeof errorSchema> = { error: { code, ...(field ? { field } : {}), message } };
  sendJson(response, status, body, headers);
}
