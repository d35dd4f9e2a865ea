import type { App } from 'aws-cdk-lib';
import { Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';

/** A rule that a stack acknowledges for a construct and all below. */
export interface Suppression {
  readonly rule: string;
  readonly reason: string;
  /** Path of the construct, `''` for the app. */
  readonly at: string;
}

export interface NagFinding {
  readonly rule: string;
  /** Path of the resource. */
  readonly at: string;
}

export interface NagAudit {
  /** What the rules find if nothing is acknowledged. */
  readonly findings: readonly NagFinding[];
  readonly suppressions: readonly Suppression[];
}

/** Asks the rules about a synthesized app, and collects what the app acknowledges. */
export function auditNag(app: App): NagAudit {
  const checks = new AwsSolutionsChecks();
  // The pack offers no way to look behind an acknowledgement. If a release renames the method, every suppression is
  // reported as unused.
  Object.defineProperty(checks, 'isAcknowledged', { value: () => false });
  const findings = checks
    .validateScope(app)
    .violations.flatMap(({ ruleName, violatingResources }) =>
      violatingResources.map(({ constructPath = '' }) => ({ rule: ruleName, at: constructPath })),
    );
  const suppressions = app.node.findAll().flatMap((construct) =>
    construct.node.metadata
      .filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)
      .flatMap(({ data }) => Object.entries(data as Record<string, string>))
      .map(([rule, reason]) => ({ rule: bare(rule), reason, at: construct.node.path })),
  );
  return { findings, suppressions };
}

/** Without the namespace, which is the name of the plugin. A finding in brackets may have colons too. */
function bare(rule: string): string {
  return rule.replace(/^[A-Za-z-]+::/, '');
}
