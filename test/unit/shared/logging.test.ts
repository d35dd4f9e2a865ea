import { expect, test } from '@jest/globals';
import { createLogger } from '../../../services/shared/logging.ts';

test('a log line is one JSON object with time, level by name, component and no secret', () => {
  const lines: string[] = [];
  const logger = createLogger({
    component: 'inference',
    level: 'info',
    destination: { write: (line) => void lines.push(line) },
  });
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
