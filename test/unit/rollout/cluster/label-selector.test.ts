import { expect, test } from '@jest/globals';
import { selectorText } from '../../../../operators/rollout/cluster/label-selector.ts';

test('a label selector becomes the text that the API takes', () => {
  const selector = {
    matchLabels: { app: 'inference', 'app.kubernetes.io/name': '' },
    matchExpressions: [
      { key: 'tier', operator: 'In', values: ['web', 'batch'] },
      { key: 'track', operator: 'NotIn', values: ['canary'] },
      { key: 'team', operator: 'Exists' },
      { key: 'legacy', operator: 'DoesNotExist' },
    ],
  } as const;
  expect(selectorText(selector)).toBe(
    'app=inference,app.kubernetes.io/name=,tier in (web,batch),track notin (canary),team,!legacy',
  );
  expect(selectorText({ matchExpressions: selector.matchExpressions.slice(3) })).toBe('!legacy');
  expect(selectorText({})).toBe('');
});
