import { drainCommand } from './commands/drain.ts';
import { endCommand } from './commands/end.ts';
import { importKclCommand } from './commands/import-kcl.ts';
import { listCommand } from './commands/list.ts';
import { moveCommand } from './commands/move.ts';
import { redriveCommand } from './commands/redrive.ts';
import { reviveCommand } from './commands/revive.ts';
import { skipCommand } from './commands/skip.ts';
import type { StreamCommand } from './stream-command.ts';

/** Every command of the tool, in the order of the help. */
export const COMMANDS: readonly StreamCommand[] = [
  listCommand,
  moveCommand,
  reviveCommand,
  endCommand,
  skipCommand,
  drainCommand,
  redriveCommand,
  importKclCommand,
];
