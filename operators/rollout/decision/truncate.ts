const MESSAGE_LENGTH = 1024;

/** A message that fits into the status. */
export function truncate(message: string): string {
  return message.length <= MESSAGE_LENGTH ? message : `${message.slice(0, MESSAGE_LENGTH - 1)}…`;
}
