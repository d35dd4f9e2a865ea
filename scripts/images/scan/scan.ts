/** A known vulnerability of a package. */
export interface Finding {
  readonly package: string;
  readonly version: string;
  /** Name of the vulnerability, such as CVE-2026-1234. */
  readonly id: string;
  /** Versions without it. Empty: nobody has fixed it yet. */
  readonly fixedIn: readonly string[];
}

/** What a scan found, or why it could not be run. */
export type ScanResult =
  | { readonly scan: string; readonly findings: readonly Finding[] }
  | { readonly scan: string; readonly notRun: string };

/** The last line of what a program said, for a reason. */
export function lastLine(text: string): string {
  return text.trim().split('\n').at(-1)?.trim() || 'it said nothing';
}

export interface ScanReport {
  readonly lines: readonly string[];
  /** Whether a finding is fixed in another version, so that something can be done. */
  readonly failed: boolean;
}

/** The results as lines. What was not run comes last, so that nobody takes silence for a clean scan. */
export function scanReport(results: readonly ScanResult[]): ScanReport {
  const lines: string[] = [];
  let failed = false;
  for (const result of results) {
    if ('notRun' in result) continue;
    const fixed = result.findings.filter(({ fixedIn }) => fixedIn.length > 0);
    failed ||= fixed.length > 0;
    const words = [
      `${result.findings.length} known vulnerabilities`,
      `${fixed.length} of them fixed upstream`,
    ];
    lines.push(`${fixed.length > 0 ? 'FAILED ' : 'ok     '} ${result.scan}: ${words.join(', ')}`);
    for (const { package: name, version, id, fixedIn } of fixed)
      lines.push(`  ${id}: ${name} ${version} is fixed in ${fixedIn.join(', ')}`);
  }
  for (const result of results)
    if ('notRun' in result) lines.push(`NOT RUN: ${result.scan}: ${result.notRun}`);
  return { lines, failed };
}
