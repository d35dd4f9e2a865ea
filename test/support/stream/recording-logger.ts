import { createLogger, type Logger } from '../../../services/shared/logging.ts';

/** A logger, and the messages that it has logged so far. */
export function recordingLogger(): { readonly logger: Logger; readonly messages: readonly string[] } {
  const messages: string[] = [];
  const write = (line: string) => void messages.push(JSON.parse(line).message);
  return { logger: createLogger({ component: 'test', level: 'info', destination: { write } }), messages };
}
