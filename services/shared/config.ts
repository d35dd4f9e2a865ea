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
  const problems = result.error.issues.map((issue) => {
    const key = issue.path.join('.');
    return key === '' ? issue.message : `${key}: ${issue.message}`;
  });
  throw new ConfigError(`bad configuration: ${problems.join('; ')}`);
}

/** A whole number in [minimum, maximum], given as text. */
export function integer(minimum: number, maximum: number) {
  return z.coerce.number({ error: 'must be a number' }).int().min(minimum).max(maximum);
}

/** A number in [minimum, maximum], given as text. */
export function decimal(minimum: number, maximum: number) {
  return z.coerce.number({ error: 'must be a number' }).min(minimum).max(maximum);
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
