import { rm } from 'node:fs/promises';
import { LeaseFileInUse, lockHolder } from './lease/lease-file-lock.ts';
import { filesOf } from './lease/lease-file-names.ts';

/**
 * Forgets all positions, and all changes of positions that wait.
 * @throws LeaseFileInUse if a process uses the file: it would write the positions again
 */
export async function removeLeaseFile(file: string): Promise<void> {
  const holder = await lockHolder(file);
  if (holder !== undefined) throw new LeaseFileInUse(file, holder);
  for (const path of filesOf(file)) await rm(path, { force: true });
}
