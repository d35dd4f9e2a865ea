import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { z } from 'zod';

const LINT_MILLISECONDS = 120_000;

/** Rules that are not asked, each with the reason. */
const IGNORED = {
  W3005:
    'The CDK writes DependsOn beside a reference. It is needless and harmless, and nobody edits the templates.',
  W3010:
    'Zones are named in the settings, so that a synthesis asks AWS nothing and gives the same templates each time.',
} as const;

const findingsSchema = z.array(
  z.object({
    Level: z.string(),
    Message: z.string(),
    Filename: z.string(),
    Rule: z.object({ Id: z.string() }),
    Location: z.object({ Path: z.array(z.union([z.string(), z.number()])).nullable() }),
  }),
);

export interface LintFinding {
  readonly file: string;
  /** One line: rule, place in the template, message. */
  readonly description: string;
}

/**
 * Runs cfn-lint over templates, errors and warnings. Informational rules are about style, and the CDK writes the templates.
 * @param program path of `cfn-lint`
 * @throws Error with what the program printed, if it does not answer with findings
 */
export async function lintTemplates(program: string, templates: readonly string[]): Promise<LintFinding[]> {
  const options = ['--format', 'json', '--ignore-checks', ...Object.keys(IGNORED)];
  const child = spawn(program, [...options, '--', ...templates], {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: LINT_MILLISECONDS,
  });
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
  let json: unknown;
  try {
    json = JSON.parse(output);
  } catch {
    throw new Error(`cfn-lint gave no findings as JSON: ${errors || output || 'it printed nothing'}`);
  }
  return findingsSchema.parse(json).map(({ Filename, Rule, Location, Level, Message }) => ({
    file: Filename,
    description: `${Level} ${Rule.Id} at ${(Location.Path ?? []).join('.')}: ${Message}`,
  }));
}
