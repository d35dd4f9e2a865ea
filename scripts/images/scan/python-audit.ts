import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { z } from 'zod';
import { ProgramMissing, type ProgramResult, type RunProgram } from '../../programs/run-program.ts';
import { repositoryRoot } from '../../stack/paths.ts';
import { PYTHON_INSTALLED } from '../sbom/python-packages.ts';
import { type Finding, lastLine, type ScanResult } from './scan.ts';

const OPTIONS = { timeoutSeconds: 180, workingDirectory: `${repositoryRoot}/jobs/training` };

const uvReport = z.object({
  vulnerabilities: z.array(
    z.object({
      dependency: z.object({ name: z.string(), version: z.string() }),
      id: z.string(),
      fix_versions: z.array(z.string()).default([]),
    }),
  ),
});

const pipAuditReport = z.object({
  dependencies: z.array(
    z.object({
      name: z.string(),
      version: z.string().default(''),
      /** Why the package was not looked up. */
      skip_reason: z.string().optional(),
      vulns: z.array(z.object({ id: z.string(), fix_versions: z.array(z.string()).default([]) })).default([]),
    }),
  ),
});

/** Asks about the Python packages of each image: by uv, or by pip-audit if uv gets no answer. */
export async function pythonAudits(run: RunProgram, uv: string): Promise<ScanResult[]> {
  const results: ScanResult[] = [];
  for (const [target, options] of Object.entries(PYTHON_INSTALLED)) {
    const byUv = await uvAudit(run, uv, target, options);
    if (!('notRun' in byUv)) {
      results.push(byUv);
      continue;
    }
    const byPipAudit = await pipAudit(run, uv, target, options);
    results.push(
      'notRun' in byPipAudit ? { ...byUv, notRun: `${byUv.notRun}; ${byPipAudit.notRun}` } : byPipAudit,
    );
  }
  return results;
}

async function uvAudit(
  run: RunProgram,
  uv: string,
  target: string,
  options: readonly string[],
): Promise<ScanResult> {
  const scan = `Python packages of ${target} by uv audit`;
  const args = [
    'audit',
    '--frozen',
    ...options,
    '--output-format=json',
    '--preview-features=audit,json-output',
  ];
  const ended = await started(run, uv, args);
  if (typeof ended === 'string') return { scan, notRun: ended };
  return read(scan, 'uv audit', ended, (json) =>
    uvReport.parse(json).vulnerabilities.map(({ dependency, id, fix_versions }) => ({
      package: dependency.name,
      version: dependency.version,
      id,
      fixedIn: fix_versions,
    })),
  );
}

async function pipAudit(
  run: RunProgram,
  uv: string,
  target: string,
  options: readonly string[],
): Promise<ScanResult> {
  const scan = `Python packages of ${target} by pip-audit`;
  const exported = await started(run, uv, [
    'export',
    '--frozen',
    ...options,
    '--no-hashes',
    '--no-emit-project',
    '--quiet',
  ]);
  if (typeof exported === 'string') return { scan, notRun: exported };
  const folder = mkdtempSync(`${tmpdir()}/pip-audit-`);
  try {
    const requirements = `${folder}/requirements.txt`;
    writeFileSync(requirements, exported.stdout);
    const args = [
      `--requirement=${requirements}`,
      '--disable-pip',
      '--no-deps',
      '--format=json',
      '--progress-spinner=off',
    ];
    const ended = await started(run, 'pip-audit', args);
    if (typeof ended === 'string') return { scan, notRun: ended };
    return read(scan, 'pip-audit', ended, pipAuditFindings);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** @returns the reason, if nothing was found only because packages could not be looked up */
function pipAuditFindings(json: unknown): Finding[] | string {
  const { dependencies } = pipAuditReport.parse(json);
  const findings = dependencies.flatMap(({ name, version, vulns }) =>
    vulns.map(({ id, fix_versions }) => ({ package: name, version, id, fixedIn: fix_versions })),
  );
  const skipped = dependencies.filter(({ skip_reason }) => skip_reason !== undefined);
  if (findings.length > 0 || skipped.length === 0) return findings;
  return `${skipped.length} of ${dependencies.length} packages could not be looked up: ${skipped[0]?.skip_reason}`;
}

/** @returns the reason, if the program is not installed */
async function started(
  run: RunProgram,
  program: string,
  args: readonly string[],
): Promise<ProgramResult | string> {
  try {
    return await run(program, args, OPTIONS);
  } catch (error) {
    if (error instanceof ProgramMissing) return error.message;
    throw error;
  }
}

/** The exit code is not 0 for findings and for errors alike. Only a program with an answer prints a report. */
function read(
  scan: string,
  program: string,
  { stdout, stderr }: ProgramResult,
  findings: (json: unknown) => Finding[] | string,
): ScanResult {
  let json: unknown;
  try {
    json = JSON.parse(stdout);
  } catch {
    return { scan, notRun: `${program}: ${lastLine(stderr || stdout)}` };
  }
  const found = findings(json);
  return typeof found === 'string' ? { scan, notRun: `${program}: ${found}` } : { scan, findings: found };
}
