import type { Router } from 'express';
import { z } from 'zod';
import { sendJson } from '../../shared/http/json-response.ts';
import type { ModelRouter } from '../decision/route/model-router.ts';
import type { Servable } from '../decision/route/servable.ts';
import type { InferenceMetrics } from '../metrics.ts';
import { InferenceError } from './inference-error.ts';
import type { InferenceStatistics } from './inference-statistics.ts';
import { modelConfiguration } from './model-configuration.ts';
import type { NamedModels } from './named-models.ts';
import { rawBody } from './raw-body.ts';
import { parseRequestJson } from './request-json.ts';
import { measured } from './request-metrics.ts';

export const repositoryIndexSchema = z.object({
  ready: z.boolean().nullish().describe('True: only versions that are ready.'),
});

interface ModelManagementOptions {
  readonly models: NamedModels;
  readonly router: ModelRouter;
  readonly statistics: InferenceStatistics;
  readonly metrics: InferenceMetrics;
}

/** Adds what Triton tells about models: configuration, statistics and repository. Nothing can be changed here. */
export function addModelManagement(routes: Router, options: ModelManagementOptions): void {
  const { models, router, statistics, metrics } = options;
  const paths = (suffix: string) => [`/models/:model${suffix}`, `/models/:model/versions/:version${suffix}`];

  routes.get(paths('/config'), measured(metrics, '/v2/models/config'), (request, response) => {
    sendJson(response, 200, modelConfiguration(models.find(request).model));
  });

  // Before the metadata of a model, whose path takes any name.
  routes.get('/models/stats', measured(metrics, '/v2/models/stats'), (_request, response) => {
    sendJson(response, 200, { model_stats: router.loaded.map(statisticsOf) });
  });
  routes.get(paths('/stats'), measured(metrics, '/v2/models/stats'), (request, response) => {
    sendJson(response, 200, { model_stats: [statisticsOf(models.find(request))] });
  });

  routes.post(
    '/repository/index',
    measured(metrics, '/v2/repository/index'),
    rawBody,
    (request, response) => {
      const onlyReady = parseIndexRequest(request.body);
      const versions = router.versions.map(({ version, ...state }) => ({
        name: models.modelName,
        version,
        state: STATES[state.state],
        reason: 'reason' in state ? state.reason : '',
      }));
      sendJson(response, 200, onlyReady ? versions.filter(({ state }) => state === 'READY') : versions);
    },
  );
  for (const change of ['load', 'unload']) {
    const path = `/repository/models/:model/${change}`;
    routes.post(path, measured(metrics, `/v2/repository/models/${change}`), () => {
      throw new InferenceError(
        403,
        `${change} is not allowed: the model registry decides which versions are served. Move the alias there`,
      );
    });
  }

  function statisticsOf(servable: Servable) {
    const { name, version } = servable.model.identity;
    return { name, version, ...statistics.of(servable).toJSON() };
  }
}

/** Words of Triton for the states of a version. */
const STATES = { ready: 'READY', loading: 'LOADING', failed: 'UNAVAILABLE', unknown: 'UNKNOWN' } as const;

/** The body may be empty, as that of Triton's client is. */
function parseIndexRequest(body: unknown): boolean {
  if (!Buffer.isBuffer(body) || body.length === 0) return false;
  const { json, refusal } = parseRequestJson(body, 'the request');
  if (refusal !== undefined) throw new InferenceError(400, refusal);
  const request = repositoryIndexSchema.safeParse(json);
  if (request.success) return request.data.ready ?? false;
  const [issue] = request.error.issues;
  throw new InferenceError(400, `${issue?.path.join('.') || 'the request'}: ${issue?.message}`);
}
