import { createLogger, type Logger } from '../../../services/shared/logging.ts';

type Line = Readonly<Record<string, unknown>>;

interface Recording {
  readonly logger: Logger;
  readonly messages: readonly string[];
  readonly lines: readonly Line[];
}

/** A logger, and what it has logged so far. */
export function recordingLogger(): Recording {
  const messages: string[] = [];
  const lines: Line[] = [];
  const write = (text: string) => {
    const line = JSON.parse(text);
    lines.push(line);
    messages.push(line.message);
  };
  const logger = createLogger({ component: 'test', level: 'info', destination: { write } });
  return { logger, messages, lines };
}
