import { abortCommand } from './commands/abort.ts';
import { approveCommand } from './commands/approve.ts';
import { historyCommand } from './commands/history.ts';
import { pauseCommand } from './commands/pause.ts';
import { resumeCommand } from './commands/resume.ts';
import { retryCommand } from './commands/retry.ts';
import { rollbackCommand } from './commands/rollback.ts';
import { statusCommand } from './commands/status.ts';
import type { MdepCommand } from './desk.ts';

/** Every command of the plugin, in the order of the help. */
export const COMMANDS: readonly MdepCommand[] = [
  statusCommand,
  historyCommand,
  approveCommand,
  pauseCommand,
  resumeCommand,
  abortCommand,
  retryCommand,
  rollbackCommand,
];
