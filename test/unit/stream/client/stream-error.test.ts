import { expect, test } from '@jest/globals';
import { StreamError } from '../../../../services/stream/client/stream-error.ts';

test.each([
  ['KMSAccessDeniedException', 'denied'],
  ['KMSDisabledException', 'denied'],
  ['KMSInvalidStateException', 'denied'],
  ['KMSNotFoundException', 'denied'],
  ['KMSOptInRequired', 'denied'],
  ['KMSThrottlingException', 'throttled'],
  ['AccessDeniedException', 'denied'],
])('%s counts as %s, under its own name', (name, kind) => {
  expect(StreamError.named('GetRecords', name, 'no')).toMatchObject({ kind, reason: name });
});

test('a name that the API does not have is no reason: a proxy may answer anything', () => {
  const error = StreamError.named('GetRecords', 'Made up 4711', 'no');
  expect(error).toMatchObject({ kind: 'unavailable', reason: 'unavailable' });
  expect(error.message).toContain('Made up 4711');
});
