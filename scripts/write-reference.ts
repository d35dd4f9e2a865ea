/** Writes the generated pages below docs/. With --check it writes nothing, and fails if a page is stale. */
import { parseArgs } from 'node:util';
import { REFERENCE_FILES } from './reference/files.ts';
import { checkFiles, writeFiles } from './reference/generated-file.ts';
import { repositoryRoot } from './stack/paths.ts';

const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } });
const states = (values.check ? checkFiles : writeFiles)(repositoryRoot, REFERENCE_FILES);
for (const { path, state } of states) {
  if (state === 'skipped') console.error(`${path}: skipped, this page needs Python: run \`make setup\``);
  if (state === 'stale') {
    console.error(`${path}: stale, the code gives another page: run \`make synth\` and commit the result`);
    process.exitCode = 1;
  }
}
