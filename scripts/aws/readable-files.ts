import { access, constants } from 'node:fs/promises';
import { UsageError } from '../command-line/usage-error.ts';

/** @throws UsageError that names the option, the file and the problem, before a step needs the file */
export async function checkReadable(files: Readonly<Record<string, string | undefined>>): Promise<void> {
  for (const [option, file] of Object.entries(files)) {
    if (file === undefined) continue;
    await access(file, constants.R_OK).catch((cause) => {
      throw new UsageError(`--${option} ${file} cannot be read: ${(cause as Error).message}`);
    });
  }
}
