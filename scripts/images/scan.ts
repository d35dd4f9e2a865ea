/** `make scan`: asks scanners and registries about known vulnerabilities. See `--help`. */
import { parseArgs } from 'node:util';
import { runProgram } from '../programs/run-program.ts';
import { repositoryRoot } from '../stack/paths.ts';
import { Progress } from '../stack/progress.ts';
import { imageName } from './plan.ts';
import { scanImages } from './scan/image-scanners.ts';
import { npmAudit } from './scan/npm-audit.ts';
import { pythonAudits } from './scan/python-audit.ts';
import { scanReport } from './scan/scan.ts';
import { readBuildSettings } from './settings.ts';

const HELP = `Usage: make scan [VARIABLE=value…]

Looks for known vulnerabilities: in the images by trivy or grype, in the npm packages by npm audit, and in the Python
packages by uv audit or pip-audit. Says NOT RUN for a scan without its program, its database or its registry.
Ends with 1 if a finding is fixed upstream.

MANIFESTS, IMAGES, REGISTRY, TAG and DOCKER name the images, as for make images.`;

async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      uv: { type: 'string', default: `${repositoryRoot}/.tools/bin/uv` },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return console.log(HELP);
  const settings = readBuildSettings(process.env);
  const progress = new Progress();
  progress.say('npm packages');
  const npm = await npmAudit(runProgram);
  progress.say('Python packages');
  const python = await pythonAudits(runProgram, values.uv);
  progress.say('images');
  const names = settings.targets.map((target) => imageName(target, settings));
  const images = await scanImages(runProgram, settings.DOCKER, names);
  const { lines, failed } = scanReport([npm, ...python, ...images]);
  for (const line of lines) console.log(line);
  if (failed) process.exitCode = 1;
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  console.error(`scan: ${(error as Error).message}`);
  process.exitCode = 1;
}
