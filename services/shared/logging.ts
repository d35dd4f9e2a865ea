import { type DestinationStream, type Logger, pino, stdSerializers, stdTimeFunctions } from 'pino';

export type { Logger };

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;

export interface LoggerOptions {
  /** Written on every line as `component`. */
  readonly component: string;
  readonly level: (typeof LOG_LEVELS)[number];
  /** @default standard output */
  readonly destination?: DestinationStream;
}

/** Writes one JSON object for each line: time (ISO 8601), level by name, component, message, fields. */
export function createLogger(options: LoggerOptions): Logger {
  return pino(
    {
      level: options.level,
      base: { component: options.component },
      messageKey: 'message',
      errorKey: 'error',
      serializers: { error: serializeError },
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (level) => ({ level }) },
      redact: { paths: ['*.password', '*.secret', '*.token', '*.authorization'], censor: '[redacted]' },
    },
    ...(options.destination ? [options.destination] : []),
  );
}

/** Uses the property `name` of the error, because a bundler may rename the class. */
function serializeError(error: unknown): unknown {
  return error instanceof Error ? { ...stdSerializers.err(error), type: error.name } : error;
}
