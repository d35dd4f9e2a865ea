import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decideJob, type JobState } from '../../../../scripts/skaffold/job-decision.ts';
import type { KubeObject } from '../../../../scripts/skaffold/kube-object.ts';
import { type JobCluster, replaceJobs } from '../../../../scripts/skaffold/replace-jobs.ts';

const states: fc.Arbitrary<JobState> = fc.oneof(
  fc.constant<JobState>({ kind: 'absent' }),
  fc.constant<JobState>({ kind: 'leaving' }),
  fc.record({
    kind: fc.constant('present' as const),
    accepted: fc.boolean(),
    failure: fc.option(fc.constantFrom('BackoffLimitExceeded', 'DeadlineExceeded'), { nil: undefined }),
    runningPods: fc.array(fc.string({ minLength: 1 }), { maxLength: 3 }),
  }),
);

describe('a Job before it is applied', () => {
  test('is deleted only if it has failed, or if the API server refuses the manifest and none of its pods runs', () => {
    fc.assert(
      fc.property(states, (state) => {
        const hasFailed = state.kind === 'present' && state.failure !== undefined;
        const isObstacle = state.kind === 'present' && !state.accepted && !hasFailed;
        const { action } = decideJob(state);
        expect(action === 'delete').toBe(hasFailed || (isObstacle && state.runningPods.length === 0));
        expect(action === 'wait').toBe(
          state.kind === 'leaving' || (isObstacle && state.runningPods.length > 0),
        );
      }),
    );
  });
});

/** A cluster with one Job, and skaffold, which applies only what differs from what it applied last. */
class World implements JobCluster {
  job: { template: number; runsUntil: number } | undefined;
  readonly ended: string[] = [];
  applied: number | undefined;
  wanted = 0;
  now = 0;

  async stateOf(): Promise<JobState> {
    if (!this.job) return { kind: 'absent' };
    const { template, runsUntil } = this.job;
    return {
      kind: 'present',
      accepted: template === this.wanted,
      runningPods: runsUntil > this.now ? ['pod'] : [],
    };
  }

  async deleteJob(): Promise<void> {
    if (this.job && this.job.runsUntil > this.now) this.ended.push('a running pod was ended');
    this.job = undefined;
  }

  create(): void {
    this.job = { template: this.wanted, runsUntil: this.now + 60_000 };
  }

  apply(): void {
    if (this.applied === this.wanted) return;
    if (this.job && this.job.template !== this.wanted) throw new Error('field is immutable');
    if (!this.job) this.create();
    this.applied = this.wanted;
  }
}

const JOB: KubeObject = { apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'job', namespace: 'n' } };

const steps = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant('edit' as const), template: fc.nat(2) }),
    fc.record({ kind: fc.constant('pass' as const), milliseconds: fc.nat(100_000) }),
    fc.constant({ kind: 'deleted by hand' as const }),
    fc.record({ kind: fc.constant('replaced by hand' as const), template: fc.nat(2) }),
    fc.constant({ kind: 'skaffold starts again' as const }),
  ),
  { maxLength: 12 },
);

test('whatever happens between iterations, each leaves the Job with the wanted template and ends no running pod', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (happened) => {
      const world = new World();
      const options = {
        clock: {
          now: () => world.now,
          monotonic: () => world.now,
          sleep: async (milliseconds: number) => {
            world.now += milliseconds;
          },
        },
        context: 'there',
        say: () => {},
        deadlineSeconds: 120,
      };
      for (const step of [{ kind: 'pass', milliseconds: 0 } as const, ...happened]) {
        if (step.kind === 'edit') world.wanted = step.template;
        if (step.kind === 'pass') world.now += step.milliseconds;
        if (step.kind === 'deleted by hand') world.job = undefined;
        if (step.kind === 'replaced by hand') world.job = { template: step.template, runsUntil: world.now };
        if (step.kind === 'skaffold starts again') world.applied = undefined;
        await replaceJobs([JOB], world, options);
        world.apply();
        // The hook after the deploy.
        if (!world.job) world.create();
        expect(world.job?.template).toBe(world.wanted);
        expect(world.ended).toEqual([]);
      }
    }),
  );
});

test('a Job that runs for too long stops the deploy with what to do, and is told about meanwhile', async () => {
  let now = 0;
  const said: string[] = [];
  const cluster: JobCluster = {
    stateOf: async () => ({ kind: 'present', accepted: false, runningPods: ['first-model-x'] }),
    deleteJob: async () => {
      throw new Error('not expected');
    },
  };
  const clock = {
    now: () => now,
    monotonic: () => now,
    sleep: async (milliseconds: number) => {
      now += milliseconds;
    },
  };
  await expect(
    replaceJobs([JOB], cluster, {
      clock,
      context: 'there',
      say: (message) => said.push(message),
      deadlineSeconds: 60,
    }),
  ).rejects.toThrow(
    'job/job was awaited for 60 s: it has changed, and its pod first-model-x still runs. ' +
      'Let it end, or delete it: kubectl --context there --namespace n delete job/job',
  );
  expect(said).toHaveLength(4);
  expect(said[0]).toBe(
    'waiting for job/job, at most 60 s: it has changed, and its pod first-model-x still runs',
  );
});
