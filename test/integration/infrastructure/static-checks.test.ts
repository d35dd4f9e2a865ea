import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { AWS_TOOLS_MILLISECONDS, awsTools } from '../../support/aws/aws-tools.ts';
import { lintTemplates } from '../../support/aws/cfn-lint.ts';
import { AWS_APPS } from '../../support/aws/environments.ts';
import type { NagAudit } from '../../support/aws/nag-audit.ts';
import { unexplained, unreasoned, unused } from '../../support/aws/suppressions.ts';
import { readJson, synthesize, templateFiles } from '../../support/aws/synthesized-stacks.ts';

const LINT_MILLISECONDS = 120_000;

/** The part that is read of the report that the CDK writes into a cloud assembly. */
interface ValidationReport {
  readonly pluginReports: readonly {
    readonly pluginName: string;
    readonly violations: readonly {
      readonly ruleName: string;
      readonly description: string;
      readonly violatingConstructs: readonly { readonly constructPath?: string }[];
    }[];
  }[];
}

const directory = mkdtempSync(join(tmpdir(), 'static-checks-'));
let assemblies: Record<string, string>;
let bin: string;

beforeAll(async () => {
  [assemblies, bin] = await Promise.all([synthesize(directory, AWS_APPS), awsTools()]);
}, AWS_TOOLS_MILLISECONDS);

afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe.each(Object.keys(AWS_APPS))('the stacks of %s', (name) => {
  const assembly = (): string => assemblies[name] ?? '';
  const audit = (): NagAudit => readJson(`${assembly()}/nag-audit.json`);

  test(
    'cfn-lint finds nothing',
    async () => {
      const templates = Object.values(templateFiles(assembly()));
      expect(await lintTemplates(`${bin}/cfn-lint`, templates)).toEqual([]);
    },
    LINT_MILLISECONDS,
  );

  test('the CDK finds nothing, in rules of cdk-nag, in templates and in constructs', () => {
    const { pluginReports } = readJson<ValidationReport>(`${assembly()}/validation-report.json`);
    const found = pluginReports.flatMap(({ pluginName, violations }) =>
      violations.flatMap(({ ruleName, description, violatingConstructs }) =>
        violatingConstructs.map(
          ({ constructPath }) => `${pluginName} ${ruleName} at ${constructPath}: ${description}`,
        ),
      ),
    );
    expect(found).toEqual([]);
    expect(pluginReports.map(({ pluginName }) => pluginName)).toContain('AwsSolutions');
  });

  test('each finding of cdk-nag is explained, and each suppression explains one', () => {
    expect(audit().findings).not.toEqual([]);
    expect(unexplained(audit())).toEqual([]);
    expect(unused(audit())).toEqual([]);
  });

  test('each suppression has a sentence as reason', () => {
    expect(unreasoned(audit())).toEqual([]);
  });
});
