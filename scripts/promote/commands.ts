import { approveCommand } from './commands/approve.ts';
import { approveStepCommand } from './commands/approve-step.ts';
import { keygenCommand } from './commands/keygen.ts';
import { keysCommand } from './commands/keys.ts';
import { rejectCommand } from './commands/reject.ts';
import { signCommand } from './commands/sign.ts';
import { statusCommand } from './commands/status.ts';
import type { PromoteCommand } from './desk.ts';

/** Every command of the tool, in the order of the help. */
export const COMMANDS: readonly PromoteCommand[] = [
  keygenCommand,
  keysCommand,
  signCommand,
  approveCommand,
  approveStepCommand,
  rejectCommand,
  statusCommand,
];
