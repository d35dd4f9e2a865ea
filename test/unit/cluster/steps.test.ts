import { beforeEach, describe, expect, jest, test } from '@jest/globals';
import { Progress } from '../../../scripts/stack/progress.ts';
import { type PolicyTrial, refuseUnenforced } from '../../cluster/network-policy-trial.ts';
import { NotRun, Steps } from '../../cluster/steps.ts';

let steps: Steps;
let said: string[];

beforeEach(() => {
  said = [];
  jest.spyOn(Progress.prototype, 'say').mockImplementation((message) => void said.push(message));
  steps = new Steps(new Progress());
});

const trial = (before: PolicyTrial['before'], after: PolicyTrial['after']) => async () => {
  refuseUnenforced({ before, after }, false);
  return 'enforced';
};

describe('the step that needs NetworkPolicies', () => {
  test('is run if a policy closes an open connection', async () => {
    expect(await steps.prove('strangers', trial('open', 'closed'))).toBe(true);
    expect(steps).toMatchObject({ passed: 1, failures: [], notRun: [] });
  });

  test('is not run, loudly, if the cluster enforces no policy: it neither passes nor fails', async () => {
    expect(await steps.prove('strangers', trial('open', 'open'))).toBe(false);
    expect(steps).toMatchObject({ passed: 0, failures: [] });
    expect(steps.notRun).toEqual([expect.stringMatching(/^strangers: this cluster does not enforce/)]);
    expect(said[0]).toMatch(/^NOT RUN strangers /);
  });

  test('fails if the cluster must enforce policies and does not', () => {
    expect(() => refuseUnenforced({ before: 'open', after: 'open' }, true)).toThrow(
      /REQUIRE_NETWORK_POLICIES/,
    );
    expect(() => refuseUnenforced({ before: 'open', after: 'open' }, true)).not.toThrow(NotRun);
  });

  test('fails if the trial tells nothing, because pods do not reach each other anyway', async () => {
    await steps.prove('strangers', trial('closed', 'closed'));
    expect(steps.failures).toEqual([expect.stringContaining('nothing can be said about NetworkPolicies')]);
    expect(steps.notRun).toEqual([]);
  });
});

test('a step that all others need ends the test if it was not run', async () => {
  const step = async () => {
    throw new NotRun('no');
  };
  await expect(steps.require('install', step)).rejects.toThrow('"install"');
});
