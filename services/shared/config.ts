import { z } from 'zod';
import { withoutTrailingSlashes } from './trailing-slashes.ts';

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

function problemOf(
  { code, path, message }: z.core.$ZodIssue,
  present: Readonly<Record<string, string | undefined>>,
): string {
  const key = path.join('.');
  if (key === '') return message;
  const value = present[key];
  // A rule between two settings says all by itself.
  if (code === 'custom' || isSecret(key, value)) return `${key}: ${message}`;
  if (value === undefined) return `${key} is missing: it ${ruleOf(message)}`;
  return `${key} is ${JSON.stringify(value.slice(0, SHOWN_CHARACTERS))}: ${choiceOf(message)}`;
}

/** A URL may hold a user and a password before an `@`. */
function isSecret(key: string, value: string | undefined): boolean {
  return SECRET.test(key) ? value !== undefined : (value?.includes('@') ?? false);
}

/**
 * Ends the process if a setting is wrong. It prints the message alone, because a stack says nothing about a setting.
 * @param parse throws a ConfigError
 */
export function configOrExit<Config>(parse: () => Config): Config {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}

/** zod's own message for an absent key says what the value was, which is known. */
function ruleOf(message: string): string {
  return message.startsWith('Invalid input') ? 'is required' : message;
}

/** zod lists the values of an enum in a form of its own. */
function choiceOf(message: string): string {
  const [, values] = message.split('Invalid option: expected one of ');
  return values === undefined ? message : `must be one of ${values.replaceAll('|', ', ')}`;
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
    .transform(withoutTrailingSlashes);
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
