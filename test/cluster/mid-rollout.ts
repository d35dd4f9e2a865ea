import { setTimeout as delay } from 'node:timers/promises';
import type { ModelDeploymentStatus } from '../../services/shared/model-deployment/status.ts';
import { command } from './command.ts';
import { scale } from './disruptions.ts';
import { getObject, kubectl } from './kubectl.ts';
import { type OnStatus, rolloutStatus } from './promotion.ts';
import { waitUntil } from './wait-until.ts';

/** Every phase in which the operator acts. */
const PHASES = ['Verifying', 'Shadowing', 'Canary', 'Promoting', 'Soaking'] as const;
/** Time for which nothing may change while a dependency is away. */
const OUTAGE_MILLISECONDS = 15_000;

/** Kills the operator's leader without grace, once in each phase of a rollout. */
export class LeaderLosses {
  readonly #left = new Set<string>(PHASES);

  readonly onStatus: OnStatus = async ({ phase = '' }) => {
    if (!this.#left.delete(phase)) return;
    const { spec } = await getObject('lease', 'rollout-leader');
    await kubectl(['delete', 'pod', spec.holderIdentity, '--grace-period=0', '--force', '--wait=false']);
  };

  /** @throws Error if the rollout skipped one of the phases */
  assertAll(): string {
    if (this.#left.size > 0) throw new Error(`no leader was lost in ${[...this.#left].join(', ')}`);
    return `in ${PHASES.join(', ')}`;
  }
}

/** Stops and starts the API server. */
export interface ApiServerCommands {
  readonly stop: string;
  readonly start: string;
}

/** Takes MLflow away in shadow. In canary, takes Prometheus away, and then the API server. */
export class Outages {
  readonly #apiServer: ApiServerCommands | undefined;
  #inShadow = false;
  #inCanary = false;

  constructor(apiServer: ApiServerCommands | undefined) {
    this.#apiServer = apiServer;
  }

  readonly onStatus: OnStatus = async (status) => {
    if (status.phase === 'Shadowing' && !this.#inShadow) {
      this.#inShadow = true;
      await withoutComponent('mlflow', 'RegistryReachable');
    }
    if (status.phase === 'Canary' && status.candidate?.weightPercent && !this.#inCanary) {
      this.#inCanary = true;
      await withoutComponent('prometheus', 'MetricsReachable');
      if (this.#apiServer) await withoutApiServer(this.#apiServer);
    }
  };

  /** @throws Error if the rollout ended without one of the outages */
  assertAll(): string {
    if (!this.#inShadow || !this.#inCanary) throw new Error('the version was not in shadow and in canary');
    return `MLflow in Shadowing, Prometheus ${this.#apiServer ? 'and the API server ' : ''}in Canary`;
  }
}

/** While the component has no pod, nothing changes and the ModelDeployment says so. Then the component returns. */
async function withoutComponent(deployment: string, condition: string): Promise<void> {
  await kubectl(['scale', `deployment/${deployment}`, '--replicas=0']);
  const selector = `--selector=app.kubernetes.io/name=${deployment}`;
  await kubectl(['delete', 'pods', selector, '--grace-period=0', '--force']);
  try {
    const before = await saying(condition, 'False');
    await delay(OUTAGE_MILLISECONDS);
    assertUnchanged(before, await rolloutStatus(), deployment);
  } finally {
    await scale(deployment, 1);
  }
  await saying(condition, 'True');
}

async function withoutApiServer({ stop, start }: ApiServerCommands): Promise<void> {
  const before = await rolloutStatus();
  await command('bash', ['-c', stop]);
  try {
    await delay(OUTAGE_MILLISECONDS);
  } finally {
    await command('bash', ['-c', start]);
  }
  assertUnchanged(before, await rolloutStatus(), 'the API server');
}

function saying(condition: string, value: string): Promise<ModelDeploymentStatus> {
  return waitUntil(`${condition} ${value}`, 120, async () => {
    const status = await rolloutStatus();
    return status.conditions?.some(({ type, status: is }) => type === condition && is === value) && status;
  });
}

function assertUnchanged(before: ModelDeploymentStatus, after: ModelDeploymentStatus, without: string): void {
  const [was, is] = [before, after].map(({ phase, stable, candidate }) =>
    [phase, stable?.version, candidate?.version, candidate?.mode, candidate?.weightPercent].join(' '),
  );
  if (was !== is) throw new Error(`without ${without} the rollout went from "${was}" to "${is}"`);
}
