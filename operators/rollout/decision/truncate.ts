import { MESSAGE_LENGTH } from '../../../services/shared/model-deployment/status.ts';

/** A message that fits into the status. Half a character would be stored as another text. */
export function truncate(message: string): string {
  const whole = message.toWellFormed();
  if (whole.length <= MESSAGE_LENGTH) return whole;
  const cut = whole.slice(0, MESSAGE_LENGTH - 1);
  return `${cut.isWellFormed() ? cut : cut.slice(0, -1)}…`;
}
