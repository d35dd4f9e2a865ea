import { z } from 'zod';
import { type RunProgram, runProgram } from '../../scripts/programs/run-program.ts';
import { repositoryRoot } from '../../scripts/stack/paths.ts';
import { pythonEnvironment } from '../clients/python-environment.ts';
import { type Finding, problemsOf } from './exceptions.ts';

const REQUIREMENTS = 'test/scanners/checkov-requirements.txt';
const SCAN_SECONDS = 120;

const reportSchema = z.object({
  summary: z.object({ passed: z.int().min(1), parsing_errors: z.literal(0) }),
  results: z.object({
    failed_checks: z.array(
      z.object({
        check_id: z.string(),
        check_name: z.string(),
        file_path: z.string(),
        /** `Kind.namespace.name` */
        resource: z.string().regex(/^[^.]+\.[^.]+\./),
      }),
    ),
  }),
});

/** @throws Error if the text is no report of a scan that read everything */
export function findingsOf(report: string): { readonly passed: number; readonly findings: Finding[] } {
  const { summary, results } = reportSchema.parse(JSON.parse(report));
  const findings = results.failed_checks.map(({ check_id, check_name, file_path, resource }) => {
    const [kind = '', , ...name] = resource.split('.');
    return {
      check: check_id,
      name: check_name,
      object: `${kind}/${name.join('.')}`,
      file: file_path.replace(/^\//, ''),
    };
  });
  return { passed: summary.passed, findings };
}

/** Scans k8s/ by checkov's checks for Kubernetes. @throws Error that names every finding without an exception */
export async function scanByCheckov(run: RunProgram = runProgram): Promise<string> {
  const bin = await pythonEnvironment(REQUIREMENTS, { complete: true });
  const options = ['--framework=kubernetes', '--skip-download', '--quiet', '--compact', '--output=json'];
  const { code, stdout, stderr } = await run(`${bin}/checkov`, ['--directory=k8s', ...options], {
    timeoutSeconds: SCAN_SECONDS,
    workingDirectory: repositoryRoot,
  });
  // It ends with 1 if a check fails.
  if (code !== 0 && code !== 1) throw new Error(`checkov ended with ${code}: ${stderr.trim().slice(-500)}`);
  const { passed, findings } = findingsOf(stdout);
  const problems = problemsOf(findings);
  if (problems.length > 0) throw new Error(problems.join('\n  '));
  return `${passed} checks passed, ${findings.length} findings have an exception`;
}
