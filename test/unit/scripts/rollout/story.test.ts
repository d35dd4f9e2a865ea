import { describe, expect, test } from '@jest/globals';
import { stepOf } from '../../../../scripts/rollout/rollout-watch.ts';
import { storyLines } from '../../../../scripts/rollout/story.ts';
import type { Transition } from '../../../../services/shared/model-deployment/status.ts';

const DIGEST = `sha256:${'ab'.repeat(32)}`;

describe('the story of a rollout', () => {
  const transitions: Transition[] = [
    {
      sequence: 2,
      at: '2026-07-01T12:00:41.600Z',
      reason: 'Canary',
      message: 'version 3 enters phase Canary: 378 samples; agreement is 0.9815; score shift is 0.2185',
      phase: 'Canary',
      candidate: '3',
      weightPercent: 10,
      by: 'the operator',
      samples: 378,
      checks: [
        { name: 'agreement', value: 0.98148, min: 0.9, verdict: 'passed' },
        { name: 'score shift', value: 0.21849, max: 0.25, verdict: 'passed' },
      ],
    },
    {
      sequence: 1,
      at: '2026-07-01T12:00:00.000Z',
      reason: 'Promoted',
      message: `version 1 (${DIGEST}) serves, and its bake time begins`,
      phase: 'Soaking',
      stable: '1',
      by: 'the alias',
    },
  ];

  test('is told in the order in which it happened, with seconds, measurements and who caused it', () => {
    expect(storyLines(transitions)).toEqual([
      '  SECOND  PHASE    WEIGHT  WHAT HAPPENED (WHO)',
      '       0  Soaking          version 1 (sha256:abababab…) serves, and its bake time begins (the alias)',
      '      42  Canary     10 %  version 3 enters phase Canary: 378 records, agreement 0.9815, score shift 0.2185',
    ]);
  });

  test('names who signed, with the key, and no step that only lasts for its minimum', () => {
    const [first] = transitions;
    const plain = { ...first, checks: [] } as Transition;
    const accepted = 'Ada Example approved version 3: read the card';
    const lines = storyLines([
      { ...plain, reason: 'MinimumDuration', message: 'the rollout of version 3 waits' },
      { ...plain, reason: 'Resumed', message: 'MinimumDuration is over' },
      { ...plain, reason: 'StatementAccepted', message: accepted, by: 'ada (Ada Example)' },
      {
        ...plain,
        reason: 'Promoted',
        message: 'version 3 serves',
        by: 'ada (Ada Example), grace (Grace Example)',
      },
    ]);
    expect(lines.slice(1)).toEqual([
      expect.stringMatching(/ada \(Ada Example\) approved version 3: read the card$/),
      expect.stringMatching(/version 3 serves \(ada, grace\)$/),
    ]);
  });

  test('fits into a page', () => {
    const [first] = transitions;
    const long = { ...first, checks: [], message: 'a long word '.repeat(40) } as Transition;
    const lines = storyLines([long]);
    expect(lines.length).toBeGreaterThan(4);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(118);
  });
});

describe('the present step', () => {
  test('names the share of the keys in a canary', () => {
    const candidate = { version: '2', weightPercent: 10, since: '' };
    expect(stepOf({ phase: 'Canary', candidate })).toBe('  version 2: Canary, 10 % of the keys');
    expect(stepOf({ phase: 'Canary', candidate: { ...candidate, weightPercent: 0 } })).toBe(
      '  version 2: Canary',
    );
  });

  test('says what a version waits for', () => {
    const condition = {
      type: 'Approved',
      status: 'False',
      reason: 'ApprovalMissing',
      lastTransitionTime: '',
    } as const;
    const conditions = [{ ...condition, message: 'one key is missing' }];
    expect(stepOf({ phase: 'AwaitingApproval', candidate: { version: '3', since: '' }, conditions })).toBe(
      '  version 3: AwaitingApproval: one key is missing',
    );
  });

  test('says nothing before the first version', () => {
    expect(stepOf({ phase: 'Waiting' })).toBeUndefined();
  });
});
