import type { RequestHandler } from 'express';
import type { DependencyState, ReportState } from '../../shared/dependency-state.ts';
import type { ModelRouter } from '../decision/route/model-router.ts';
import { sendJson } from './json-response.ts';

/** How each dependency is doing, by name. */
export class Dependencies {
  readonly #states = new Map<string, DependencyState>();

  /** The name appears as `waiting` until its first report. */
  reporter(name: string): ReportState {
    this.#states.set(name, { state: 'waiting' });
    return (state) => this.#states.set(name, state);
  }

  /** Something is missing that no request or record can do without. */
  get blocked(): boolean {
    return [...this.#states.values()].some(({ state }) => state === 'blocked');
  }

  get states(): Readonly<Record<string, DependencyState>> {
    return Object.fromEntries(this.#states);
  }
}

/**
 * Ready: a model is loaded, its digest held and it repeated its golden samples, and no dependency blocks. One that is
 * away is named, but takes nobody out of service: what is loaded goes on.
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

/** Work that has to go round for as long as the process lives. */
export interface Heartbeat {
  readonly name: string;
  /** Since it last went round. */
  readonly ageMilliseconds: () => number;
  readonly limitMilliseconds: number;
}

/** Fails where a loop has stalled, which only a restart mends; never because work is late. */
export function livenessRoute(heartbeats: readonly Heartbeat[]): RequestHandler {
  return (_request, response) => {
    const stalled = heartbeats.filter((it) => it.ageMilliseconds() > it.limitMilliseconds);
    sendJson(response, stalled.length === 0 ? 200 : 503, {
      live: stalled.length === 0,
      ...(stalled.length > 0 ? { stalled: stalled.map(({ name }) => name) } : {}),
    });
  };
}
