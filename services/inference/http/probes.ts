import type { RequestHandler } from 'express';
import type { DependencyState, ReportState } from '../../shared/dependency-state.ts';
import { sendJson } from '../../shared/http/json-response.ts';
import type { ModelRouter } from '../decision/route/model-router.ts';

/** State of each dependency, by name. */
export class Dependencies {
  readonly #states = new Map<string, DependencyState>();
  #stopping = false;

  /** The name appears as `waiting` until its first report. */
  reporter(name: string): ReportState {
    this.#states.set(name, { state: 'waiting' });
    return (state) => this.#states.set(name, state);
  }

  /** From now on the process is not ready, whatever else holds. */
  beginStop(): void {
    this.#stopping = true;
    this.reporter('process')({ state: 'blocked', message: 'the process is stopping' });
  }

  get stopping(): boolean {
    return this.#stopping;
  }

  /** True if a dependency is missing that every request or record needs. */
  get blocked(): boolean {
    return [...this.#states.values()].some(({ state }) => state === 'blocked');
  }

  get states(): Readonly<Record<string, DependencyState>> {
    return Object.fromEntries(this.#states);
  }
}

/**
 * Ready if a verified model is loaded and no dependency blocks. An unreachable dependency is named, but the service stays
 * ready, because the loaded model goes on deciding.
 */
export function readinessRoute(router: ModelRouter, dependencies: Dependencies): RequestHandler {
  return (_request, response) => {
    const model = router.stable?.model.identity;
    const ready = model !== undefined && !dependencies.blocked;
    sendJson(response, ready ? 200 : 503, {
      ready,
      ...(model ? { model } : {}),
      dependencies: dependencies.states,
    });
  };
}

/** A loop that must run as long as the process lives. */
export interface Heartbeat {
  readonly name: string;
  /** Time since the last round. */
  readonly ageMilliseconds: () => number;
  readonly limitMilliseconds: number;
}

/** Fails only if a loop has stalled, because a restart helps then. Lag never fails the probe. */
export function livenessRoute(heartbeats: readonly Heartbeat[]): RequestHandler {
  return (_request, response) => {
    const stalled = heartbeats.filter((it) => it.ageMilliseconds() > it.limitMilliseconds);
    sendJson(response, stalled.length === 0 ? 200 : 503, {
      live: stalled.length === 0,
      ...(stalled.length > 0 ? { stalled: stalled.map(({ name }) => name) } : {}),
    });
  };
}
