import type { Subject } from '../../operators/rollout/measurement/subject.ts';

/** Version 7 in the one pod of a Deployment, in a step of a minute. */
export const SUBJECT: Subject = {
  namespace: 'lending',
  deployment: 'inference',
  pods: ['inference-abc12-x9z8y'],
  matchers: undefined,
  version: '7',
  stable: '6',
  windowSeconds: 60,
};
