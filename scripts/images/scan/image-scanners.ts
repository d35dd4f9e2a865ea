import { z } from 'zod';
import { ProgramMissing, type RunProgram } from '../../programs/run-program.ts';
import { type Finding, lastLine, type ScanResult } from './scan.ts';

/** A program that scans the operating system and the languages in an image. */
interface ImageScanner {
  readonly name: string;
  readonly trial: readonly string[];
  readonly args: (image: string) => readonly string[];
  readonly read: (json: unknown) => Finding[];
}

const trivyReport = z.object({
  Results: z
    .array(
      z.object({
        Vulnerabilities: z
          .array(
            z.object({
              VulnerabilityID: z.string(),
              PkgName: z.string(),
              InstalledVersion: z.string().default(''),
              FixedVersion: z.string().default(''),
            }),
          )
          .default([]),
      }),
    )
    .default([]),
});

const grypeReport = z.object({
  matches: z.array(
    z.object({
      vulnerability: z.object({
        id: z.string(),
        fix: z.object({ versions: z.array(z.string()).nullish() }).nullish(),
      }),
      artifact: z.object({ name: z.string(), version: z.string() }),
    }),
  ),
});

const SCANNERS: readonly ImageScanner[] = [
  {
    name: 'trivy',
    trial: ['--version'],
    args: (image) => ['image', '--quiet', '--scanners=vuln', '--format=json', image],
    read: (json) =>
      trivyReport.parse(json).Results.flatMap(({ Vulnerabilities }) =>
        Vulnerabilities.map((found) => ({
          package: found.PkgName,
          version: found.InstalledVersion,
          id: found.VulnerabilityID,
          fixedIn: found.FixedVersion.split(',').flatMap((version) => version.trim() || []),
        })),
      ),
  },
  {
    name: 'grype',
    trial: ['version'],
    args: (image) => [`docker:${image}`, '--quiet', '--output=json'],
    read: (json) =>
      grypeReport.parse(json).matches.map(({ vulnerability, artifact }) => ({
        package: artifact.name,
        version: artifact.version,
        id: vulnerability.id,
        fixedIn: vulnerability.fix?.versions ?? [],
      })),
  },
];

/** The first fetch of a database takes minutes. */
const SCAN_SECONDS = 1_200;

/** Scans images by the first scanner that is on PATH. */
export async function scanImages(
  run: RunProgram,
  docker: string,
  images: readonly string[],
): Promise<ScanResult[]> {
  const scanner = await installedScanner(run);
  const results: ScanResult[] = [];
  for (const image of images) {
    const scan = `packages of ${image}${scanner ? ` by ${scanner.name}` : ''}`;
    if (scanner === undefined) results.push({ scan, notRun: 'neither trivy nor grype is on PATH' });
    else if (!(await exists(run, docker, image)))
      results.push({ scan, notRun: 'the image is not in the engine: build it with `make images`' });
    else results.push(await scanImage(run, scanner, scan, image));
  }
  return results;
}

async function scanImage(
  run: RunProgram,
  { name, args, read }: ImageScanner,
  scan: string,
  image: string,
): Promise<ScanResult> {
  const { code, stdout, stderr } = await run(name, args(image), { timeoutSeconds: SCAN_SECONDS });
  if (code === 0) return { scan, findings: read(JSON.parse(stdout)) };
  // Without a network a scanner has no database. Then it knows nothing about the image.
  return { scan, notRun: `${name} ended with ${code}: ${lastLine(stderr)}` };
}

async function installedScanner(run: RunProgram): Promise<ImageScanner | undefined> {
  for (const scanner of SCANNERS) {
    try {
      const { code } = await run(scanner.name, scanner.trial, { timeoutSeconds: 30 });
      if (code === 0) return scanner;
    } catch (error) {
      if (!(error instanceof ProgramMissing)) throw error;
    }
  }
  return undefined;
}

async function exists(run: RunProgram, docker: string, image: string): Promise<boolean> {
  const inspect = ['image', 'inspect', '--format={{.Id}}', image];
  try {
    return (await run(docker, inspect, { timeoutSeconds: 30 })).code === 0;
  } catch (error) {
    if (error instanceof ProgramMissing) return false;
    throw error;
  }
}
