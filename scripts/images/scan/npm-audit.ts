import { z } from 'zod';
import type { RunProgram } from '../../programs/run-program.ts';
import { repositoryRoot } from '../../stack/paths.ts';
import { type Finding, lastLine, type ScanResult } from './scan.ts';

const advisory = z.object({
  url: z.string().optional(),
  title: z.string().optional(),
  source: z.number().optional(),
});

const auditReport = z.object({
  vulnerabilities: z.record(
    z.string(),
    z.object({
      range: z.string(),
      /** Advisories, and names of packages through which others reach this package. */
      via: z.array(z.union([z.string(), advisory])),
      fixAvailable: z.union([z.boolean(), z.object({ name: z.string(), version: z.string() })]),
    }),
  ),
});

const failure = z.object({ message: z.string() });

/** Asks the npm registry about the packages of production. `esbuild` and `kinesalite` are not among them. */
export async function npmAudit(run: RunProgram): Promise<ScanResult> {
  const scan = 'npm packages by npm audit';
  const { stdout, stderr } = await run('npm', ['audit', '--omit=dev', '--json'], {
    timeoutSeconds: 180,
    workingDirectory: repositoryRoot,
    // The project's .npmrc switches audits off for installations.
    environment: { npm_config_audit: 'true' },
  });
  let json: unknown;
  try {
    json = JSON.parse(stdout);
  } catch {
    return { scan, notRun: lastLine(stderr || stdout) };
  }
  const report = auditReport.safeParse(json);
  // Its exit code is 1 for findings and for a registry that does not answer. Only the report tells them apart.
  if (!report.success)
    return { scan, notRun: failure.safeParse(json).data?.message ?? 'the report cannot be read' };
  return { scan, findings: Object.entries(report.data.vulnerabilities).flatMap(findingsOf) };
}

type Vulnerability = z.output<typeof auditReport>['vulnerabilities'][string];

function findingsOf([name, { range, via, fixAvailable }]: [string, Vulnerability]): Finding[] {
  const fixedIn =
    fixAvailable === false
      ? []
      : [
          fixAvailable === true
            ? 'a version that `npm audit fix` takes'
            : `${fixAvailable.name} ${fixAvailable.version}`,
        ];
  // A package that is named only because of another one is told with that one.
  return via.flatMap((cause) =>
    typeof cause === 'string'
      ? []
      : {
          package: name,
          version: range,
          id: cause.url?.split('/').at(-1) ?? cause.title ?? 'an advisory',
          fixedIn,
        },
  );
}
