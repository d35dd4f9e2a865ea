import { MODEL } from '../../charts/model-deployment.ts';
import type { ModelDeploymentSpec } from '../../services/shared/model-deployment/spec.ts';
import type { ModelDeploymentStatus } from '../../services/shared/model-deployment/status.ts';
import { getObject, kubectl } from './kubectl.ts';
import { promote, servingVersion } from './promotion.ts';
import type { Steps } from './steps.ts';
import { assertSound } from './traffic.ts';
import { underLoad } from './under-load.ts';
import { registerChanged } from './versions.ts';

/** Long enough for several measurements, and much longer than a step without it. */
const STEP_SECONDS = 60;
/** A freeze begins and ends at whole minutes. This one ends after the minimum duration. */
const FREEZE_SECONDS = 120;
const MINUTE = 60_000;

/** A canary step that holds for its minimum duration and then over a freeze. The operator measures all the time. */
export async function proveHolds(steps: Steps, mlflowUrl: string): Promise<void> {
  await steps.prove(
    'a canary step holds for its minimum duration and over a freeze, under load',
    async () => {
      const { canary } = (await getObject('modeldeployment', MODEL)).spec as ModelDeploymentSpec;
      if (canary === undefined) throw new Error('the ModelDeployment has no canary');
      const [first, ...others] = canary.steps;
      await patch({ canary: { steps: [{ ...first, minimumDurationSeconds: STEP_SECONDS }, ...others] } });
      try {
        return await held(mlflowUrl);
      } finally {
        await patch({ canary: { steps: canary.steps }, windows: null });
      }
    },
  );
}

async function held(mlflowUrl: string): Promise<string> {
  const version = await registerChanged(mlflowUrl, await servingVersion(300), (files) => files);
  const watch = new HoldWatch(version);
  const account = await underLoad(`held-${version}`, () =>
    promote(mlflowUrl, version, { timeoutSeconds: 900, onStatus: (status) => watch.see(status) }),
  );
  if (account.flippedBack > 0) throw new Error(`${account.flippedBack} applicants flipped back`);
  return `${assertSound(account)}; ${watch.assertHeld()}`;
}

/** Freezes the rollout in its first canary step, and notes what the status shows. Times are those of the API server. */
class HoldWatch {
  readonly #version: string;
  /** Begin of each canary step, by weight. */
  readonly #steps = new Map<number, number>();
  readonly #reasons = new Set<string>();
  readonly #measured = new Set<string>();
  #freezeEnd: number | undefined;

  constructor(version: string) {
    this.#version = version;
  }

  async see({ phase, candidate, analysis, conditions = [] }: ModelDeploymentStatus): Promise<void> {
    if (phase !== 'Canary' || candidate?.version !== this.#version || !candidate.weightPercent) return;
    this.#steps.set(candidate.weightPercent, Date.parse(candidate.since));
    if (this.#steps.size > 1) return;
    const hold = conditions.find(({ type, status }) => type === 'Held' && status === 'True');
    if (hold !== undefined) this.#reasons.add(hold.reason);
    if (hold?.reason === 'Frozen' && analysis !== undefined) this.#measured.add(analysis.measuredAt);
    if (this.#reasons.has('MinimumDuration') && this.#freezeEnd === undefined)
      this.#freezeEnd = await freeze(Date.parse(candidate.since));
  }

  /** @throws Error if the step was shorter than it had to be, or if nobody was told or nothing measured meanwhile */
  assertHeld(): string {
    const [first = Number.NaN, next = Number.NaN] = this.#steps.values();
    const seconds = (next - first) / 1000;
    const told = `the step took ${seconds} s; Held by ${[...this.#reasons].join(', ')}; ${this.#measured.size} measurements in the freeze`;
    const wanted = ['MinimumDuration', 'Frozen'].every((reason) => this.#reasons.has(reason));
    const lasted = seconds >= STEP_SECONDS && next >= (this.#freezeEnd ?? Number.POSITIVE_INFINITY);
    if (!wanted || !lasted || this.#measured.size < 2) throw new Error(told);
    return told;
  }
}

/** Sets a freeze that holds now. @returns its end */
async function freeze(now: number): Promise<number> {
  const from = Math.floor(now / MINUTE) * MINUTE - MINUTE;
  const to = Math.ceil((now + FREEZE_SECONDS * 1000) / MINUTE) * MINUTE;
  const [begin, end] = [from, to].map((at) => new Date(at).toISOString().slice(0, 16));
  await patch({ windows: { timeZone: 'UTC', freezes: [{ from: begin, to: end, reason: 'cluster test' }] } });
  return to;
}

async function patch(spec: object): Promise<void> {
  const text = JSON.stringify({ spec });
  await kubectl(['patch', 'modeldeployment', MODEL, '--type=merge', `--patch=${text}`]);
}
