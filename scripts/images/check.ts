/** Checks images of this project. `skaffold test` and `make test-cluster` run it. See `--help`. */
import { parseArgs } from 'node:util';
import { runProgram } from '../programs/run-program.ts';
import { checkImage } from './check-image.ts';
import { imageName } from './plan.ts';
import { readBuildSettings } from './settings.ts';
import { imageTarget } from './targets.ts';

const HELP = `Usage: node scripts/images/check.ts [TARGET [IMAGE]]

Checks size, user, labels and start of an image. Without a target: of all images that the manifests name.
IMAGE is its name (default: the variable IMAGE, which skaffold sets, or the name that make images gives).
DOCKER names the Docker client; MANIFESTS, REGISTRY and TAG are as for make images.`;

async function main(args: string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { help: { type: 'boolean', default: false } },
  });
  if (values.help) return console.log(HELP);
  const [name, given] = positionals;
  const settings = readBuildSettings(process.env);
  const targets = name === undefined ? settings.targets.map(imageTarget) : [imageTarget(name)];
  const named = name === undefined ? undefined : (given ?? (process.env.IMAGE || undefined));
  const problems: string[] = [];
  for (const target of targets) {
    try {
      console.log(
        await checkImage(runProgram, settings.DOCKER, target, named ?? imageName(target.name, settings)),
      );
    } catch (error) {
      problems.push((error as Error).message);
    }
  }
  if (problems.length > 0) throw new Error(problems.join('\n'));
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  console.error(`check of images: ${(error as Error).message}`);
  process.exitCode = 1;
}
