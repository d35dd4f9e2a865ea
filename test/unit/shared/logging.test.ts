import { expect, test } from '@jest/globals';
import { createLogger } from '../../../services/shared/logging.ts';

function recordingLogger() {
  const lines: string[] = [];
  const logger = createLogger({
    component: 'inference',
    level: 'info',
    destination: { write: (line) => void lines.push(line) },
  });
  return { logger, lines };
}

test('a log line is one JSON object with time, level by name, component and no secret', () => {
  const { logger, lines } = recordingLogger();
  logger.debug('not shown');
  logger.error({ error: new Error('broken'), webhook: { secret: 'hunter2' } }, 'went wrong');
  expect(lines).toHaveLength(1);
  const entry = JSON.parse(lines[0] ?? '');
  expect(entry).toMatchObject({
    level: 'error',
    component: 'inference',
    message: 'went wrong',
    error: { message: 'broken' },
    webhook: { secret: '[redacted]' },
  });
  expect(Number.isNaN(Date.parse(entry.time))).toBe(false);
});

test('an error is told by its own name, whatever a bundler calls its class', () => {
  const { logger, lines } = recordingLogger();
  const StreamError = class _StreamError extends Error {
    override readonly name = 'StreamError';
  };
  logger.error({ error: new StreamError('throttled', { cause: new Error('too fast') }) }, 'went wrong');
  const { error } = JSON.parse(lines[0] ?? '');
  expect(error).toMatchObject({ type: 'StreamError', message: 'throttled: too fast' });
  expect(error.stack).toContain('too fast');
});
