import type { Request } from 'express';
import type { ModelRouter, VersionState } from '../decision/route/model-router.ts';
import type { Servable } from '../decision/route/servable.ts';
import { InferenceError } from './inference-error.ts';

interface ModelName {
  readonly model: string;
  /** Undefined: the stable model. */
  readonly version: string | undefined;
}

/** Finds the model that the path of a request names. */
export class NamedModels {
  readonly modelName: string;
  readonly #router: ModelRouter;

  constructor(modelName: string, router: ModelRouter) {
    this.modelName = modelName;
    this.#router = router;
  }

  /** @throws InferenceError (404) if nobody knows the model, or (503) if the model is not loaded yet */
  find(request: Request): Servable {
    const { model, version } = this.name(request);
    const servable = version === undefined ? this.#router.stable : this.#router.find(version);
    if (servable !== undefined) return servable;
    if (version === undefined || this.#router.stateOf(version).state !== 'unknown') {
      throw new InferenceError(503, `${model} is not loaded yet`);
    }
    throw unknownVersion({ model, version });
  }

  /** @throws InferenceError (404) if nobody knows the model */
  stateOf(request: Request): VersionState {
    const name = this.name(request);
    if (name.version === undefined) return { state: this.#router.stable ? 'ready' : 'loading' };
    const state = this.#router.stateOf(name.version);
    if (state.state === 'unknown') throw unknownVersion(name);
    return state;
  }

  /** @throws InferenceError (404) if the model has another name */
  name({ params }: Request): ModelName {
    const model = String(params.model);
    if (model !== this.modelName) {
      throw new InferenceError(404, `no model ${model}: this server has ${this.modelName}`);
    }
    return { model, version: params.version === undefined ? undefined : String(params.version) };
  }
}

function unknownVersion({ model, version }: ModelName): InferenceError {
  return new InferenceError(404, `${model} version ${version} is not loaded here`);
}
