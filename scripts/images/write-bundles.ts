/** Writes the bundles of the images into a folder. The Dockerfile runs this: `node scripts/images/write-bundles.ts /bundles`. */
import { bundlePrograms } from './bundles.ts';

const [directory] = process.argv.slice(2);
if (directory === undefined) throw new Error('usage: node scripts/images/write-bundles.ts DIRECTORY');
await bundlePrograms(process.cwd(), directory);
