import type { NagAudit, NagFinding, Suppression } from './nag-audit.ts';

/** Findings that no suppression explains. */
export function unexplained({ findings, suppressions }: NagAudit): NagFinding[] {
  return findings.filter((finding) => !suppressions.some((one) => covers(one, finding)));
}

/** Suppressions of the rules that explain no finding: they would hide the next one. */
export function unused({ findings, suppressions }: NagAudit): Suppression[] {
  return suppressions
    .filter(({ rule }) => rule.startsWith('AwsSolutions-'))
    .filter((suppression) => !findings.some((finding) => covers(suppression, finding)));
}

const FEWEST_WORDS = 5;

/** Suppressions whose reason is less than a sentence. */
export function unreasoned({ suppressions }: NagAudit): Suppression[] {
  return suppressions.filter(
    ({ reason }) => !/^[A-Z`]/.test(reason) || reason.split(/\s+/).length < FEWEST_WORDS,
  );
}

function covers({ rule, at }: Suppression, finding: NagFinding): boolean {
  return finding.rule === rule && (at === '' || finding.at === at || finding.at.startsWith(`${at}/`));
}
