import { z } from 'zod';

/** A setting is missing or wrong. The message names every such key, so that one start shows all problems. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/**
 * Parses environment variables once, at the start of the process.
 * An empty string counts as unset, because Kubernetes and shells set unset variables to it.
 * @throws ConfigError that names each key, its problem and the rule
 */
export function parseConfig<Shape extends z.ZodType>(
  schema: Shape,
  environment: Readonly<Record<string, string | undefined>>,
): z.output<Shape> {
  const present = Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== undefined && value !== ''),
  );
  const result = schema.safeParse(present);
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) => problemOf(issue, present));
  throw new ConfigError(`bad configuration: ${problems.join('; ')}`);
}

/** Keys whose values must not be shown. */
const SECRET = /SECRET|PASSWORD|TOKEN|KEY/;
const SHOWN_CHARACTERS = 100;

function problemOf({ path, message }: z.core.$ZodIssue, present: Readonly<Record<string, unknown>>): string {
  const key = path.join('.');
  if (key === '') return message;
  const value = present[key];
  // A rule between two settings starts with the verb.
  if (value === undefined)
    return /^(is|needs) /.test(message) ? `${key}: ${message}` : `${key} is missing: it ${ruleOf(message)}`;
  if (SECRET.test(key)) return `${key}: ${message}`;
  return `${key} is ${JSON.stringify(String(value).slice(0, SHOWN_CHARACTERS))}: ${message}`;
}

/** zod's own message for an absent key says what the value was, which is known. */
function ruleOf(message: string): string {
  return message.startsWith('Invalid input') ? 'is required' : message;
}

/** Has a rule between settings checked even if another setting is invalid, so that one start shows all problems. */
export const ALWAYS = { when: () => true } as const;

/** A whole number in [minimum, maximum], given as text. */
export function integer(minimum: number, maximum: number) {
  const error = `must be a whole number from ${minimum} to ${maximum}`;
  return z.coerce.number({ error }).int().min(minimum).max(maximum);
}

/** A number in [minimum, maximum], given as text. */
export function decimal(minimum: number, maximum: number) {
  const error = `must be a number from ${minimum} to ${maximum}`;
  return z.coerce.number({ error }).min(minimum).max(maximum);
}

/** `true` or `false`, given as text. */
export function flag() {
  return z.enum(['true', 'false']).transform((value) => value === 'true');
}

/** An absolute http or https URL, without a trailing slash. */
export function httpUrl() {
  return z
    .url({ protocol: /^https?$/, error: 'must be an http:// or https:// URL' })
    .transform((value) => value.replace(/\/+$/, ''));
}

/** A comma-separated list, without empty items. */
export function list() {
  return z.string().transform((value) =>
    value
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== ''),
  );
}
