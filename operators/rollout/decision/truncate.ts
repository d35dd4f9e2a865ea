import { MESSAGE_LENGTH } from '../../../services/shared/model-deployment/status.ts';

/** A message that fits into the status. Half a character would be stored as another text. */
export function truncate(message: string, maximum = MESSAGE_LENGTH): string {
  const whole = message.toWellFormed();
  if (whole.length <= maximum) return whole;
  const cut = whole.slice(0, maximum - 1);
  return `${cut.isWellFormed() ? cut : cut.slice(0, -1)}…`;
}
