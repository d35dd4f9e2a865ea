import type { Logger } from '../../../shared/logging.ts';
import type { InferenceMetrics } from '../../metrics.ts';
import type { Model } from '../../model/model.ts';
import type { ApplicationDecoderOptions } from '../decode/application-decoder.ts';
import { Decider } from '../score/decider.ts';
import type { Role } from '../score/decision.ts';
import { keyShare } from './key-share.ts';
import { Servable } from './servable.ts';

/** No model is loaded, or the model cannot decide. A later try may succeed. */
export class NoModelError extends Error {
  override readonly name = 'NoModelError';
}

/** A second model beside the stable one. */
export interface Candidate {
  readonly version: string;
  /** `sha256:…`, verified before the model is used. */
  readonly digest: string;
  /** `shadow` scores after the stable model's decision is out. `canary` decides its share of the keys. */
  readonly mode: 'shadow' | 'canary';
  /** Share of the partition keys that the candidate decides. 0 in shadow. */
  readonly weightPercent: number;
  /** Service whose pods run the candidate, without a trailing slash. Undefined: the candidate runs in this process. */
  readonly remoteUrl?: string | undefined;
}

export interface ModelRouterOptions extends ApplicationDecoderOptions {
  /** Loads the candidate and retries while the registry is unreachable. Rejects if the version must not serve. */
  readonly loadCandidate: (candidate: Candidate, signal: AbortSignal) => Promise<Model>;
  readonly metrics: InferenceMetrics;
  readonly logger: Logger;
}

/** `unknown`: the version is neither the stable version nor the candidate. */
export type VersionState =
  | { readonly state: 'ready' | 'loading' | 'unknown' }
  | { readonly state: 'failed'; readonly reason: string };

interface CandidateSlot {
  target: Candidate;
  readonly abort: AbortController;
  /** Resolves when the candidate is loaded, has failed or was superseded. */
  loading: Promise<void>;
  servable: Servable | undefined;
  /** The same version in other pods. It decides until this process has loaded the version. */
  interim: Servable | undefined;
  failure: string | undefined;
}

/** Holds the stable model and at most one candidate. A failing candidate never disturbs the stable model. */
export class ModelRouter {
  readonly #options: ModelRouterOptions;
  readonly #ready = Promise.withResolvers<void>();
  #stable: Servable | undefined;
  #slot: CandidateSlot | undefined;

  constructor(options: ModelRouterOptions) {
    this.#options = options;
  }

  /** Resolves once there is a stable model. */
  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  /** Undefined until the first model is loaded. */
  get stable(): Servable | undefined {
    return this.#stable;
  }

  /** The loaded candidate that is to be scored in shadow. */
  get shadow(): Servable | undefined {
    return this.#slot?.target.mode === 'shadow' ? servableOf(this.#slot) : undefined;
  }

  /** The loaded candidate that decides some of the keys. */
  get canary(): Servable | undefined {
    return this.#slot?.target.mode === 'canary' ? servableOf(this.#slot) : undefined;
  }

  /** True if there is a canary and the partition key is in its share. */
  canaryDecides(partitionKey: string): boolean {
    return keyShare(partitionKey) < (this.#slot?.target.weightPercent ?? 0);
  }

  /** Swaps the stable model. Work in progress ends on the old model, which is then closed. */
  setStable(model: Model): void {
    const old = this.#stable;
    this.#stable = this.#servable(model);
    if (old !== undefined) this.#retire(old, 'stable');
    this.#setInfo(model, 'stable');
    this.#options.logger.info({ model: model.identity }, 'stable model serves');
    this.#ready.resolve();
    if (this.#slot?.target.version === model.identity.version) this.setCandidate(undefined);
  }

  /** Returns at once. The candidate takes part as soon as it is loaded. Undefined removes the candidate. */
  setCandidate(candidate: Candidate | undefined): void {
    const wanted = candidate?.version === this.#stable?.model.identity.version ? undefined : candidate;
    const current = this.#slot;
    if (wanted !== undefined && current !== undefined && isSameModel(wanted, current.target)) {
      current.target = wanted;
      if (servableOf(current) !== undefined) this.#setWeight(wanted);
      return;
    }
    // The same version moves into this process. Without its remote pods its keys would flip to the stable model.
    const interim = isSameVersion(wanted, current?.target) ? current && servableOf(current) : undefined;
    if (current !== undefined) this.#dropCandidate(current, interim);
    if (wanted !== undefined) this.#startCandidate(wanted, interim);
  }

  /** Resolves once no canary is loading. */
  async canarySettled(): Promise<void> {
    for (let slot = this.#slot; isUnsettledCanary(slot); slot = this.#slot) await slot.loading;
  }

  /** The loaded model of that version, in either role. */
  find(version: string): Servable | undefined {
    return this.loaded.find((it) => it.model.identity.version === version);
  }

  /** The stable model and the candidate, as far as they are loaded. */
  get loaded(): readonly Servable[] {
    return [this.#stable, this.#slot?.servable].filter((it) => it !== undefined);
  }

  /** Every version that this router knows, the stable version first. */
  get versions(): readonly ({ readonly version: string } & VersionState)[] {
    const known = [this.#stable?.model.identity.version, this.#slot?.target.version];
    return known.filter((it) => it !== undefined).map((version) => ({ version, ...this.stateOf(version) }));
  }

  stateOf(version: string): VersionState {
    if (this.find(version) !== undefined) return { state: 'ready' };
    if (this.#slot?.target.version !== version) return { state: 'unknown' };
    const { failure } = this.#slot;
    return failure === undefined ? { state: 'loading' } : { state: 'failed', reason: failure };
  }

  /** Stops loading a candidate and closes both models. */
  close(): void {
    if (this.#slot !== undefined) this.#dropCandidate(this.#slot);
    if (this.#stable !== undefined) this.#retire(this.#stable, 'stable');
    this.#stable = undefined;
  }

  #startCandidate(target: Candidate, interim: Servable | undefined): void {
    const slot: CandidateSlot = {
      target,
      abort: new AbortController(),
      loading: Promise.resolve(),
      servable: undefined,
      interim,
      failure: undefined,
    };
    this.#slot = slot;
    slot.loading = this.#loadCandidate(slot);
  }

  async #loadCandidate(slot: CandidateSlot): Promise<void> {
    const { logger, loadCandidate } = this.#options;
    try {
      const model = await loadCandidate(slot.target, slot.abort.signal);
      // Another candidate may have superseded this one meanwhile.
      if (slot.abort.signal.aborted) return await model.close();
      slot.servable = this.#servable(model);
      if (slot.interim !== undefined) this.#retire(slot.interim, 'candidate');
      slot.interim = undefined;
      this.#setInfo(model, 'candidate');
      this.#setWeight(slot.target);
      logger.info({ model: model.identity, mode: slot.target.mode }, 'candidate loaded');
    } catch (error) {
      if (slot.abort.signal.aborted) return;
      slot.failure = (error as Error).message;
      logger.error(
        { error, version: slot.target.version },
        'the candidate is refused; the stable model decides alone',
      );
    }
  }

  /** @param kept stays open, because the next candidate uses it */
  #dropCandidate(slot: CandidateSlot, kept?: Servable): void {
    this.#slot = undefined;
    slot.abort.abort(new Error(`version ${slot.target.version} is not the candidate any more`));
    const open = [slot.servable, slot.interim].filter((it) => it !== undefined && it !== kept);
    if (open.length === 0) return;
    this.#options.metrics.candidateWeightPercent.remove({ model_version: slot.target.version });
    for (const servable of open) if (servable !== undefined) this.#retire(servable, 'candidate');
  }

  #servable(model: Model): Servable {
    const { metrics } = this.#options;
    const decider = model.contract && new Decider(model, model.contract, metrics, this.#options);
    return new Servable(model, decider);
  }

  #retire(servable: Servable, role: Role): void {
    const { identity } = servable.model;
    this.#options.metrics.modelInfo.remove({
      model_version: identity.version,
      role,
      digest: identity.digest,
    });
    servable.retire().catch((error: unknown) => {
      this.#options.logger.warn({ error, version: identity.version }, 'closing a retired model failed');
    });
  }

  #setInfo({ identity }: Model, role: Role): void {
    this.#options.metrics.modelInfo.set(
      { model_version: identity.version, role, digest: identity.digest },
      1,
    );
  }

  #setWeight({ version, mode, weightPercent }: Candidate): void {
    const value = mode === 'canary' ? weightPercent : 0;
    this.#options.metrics.candidateWeightPercent.set({ model_version: version }, value);
  }
}

function isUnsettledCanary(slot: CandidateSlot | undefined): slot is CandidateSlot {
  return slot?.target.mode === 'canary' && servableOf(slot) === undefined && slot.failure === undefined;
}

function servableOf({ servable, interim }: CandidateSlot): Servable | undefined {
  return servable ?? interim;
}

function isSameModel(one: Candidate, other: Candidate): boolean {
  return isSameVersion(one, other) && one.remoteUrl === other.remoteUrl;
}

function isSameVersion(one: Candidate | undefined, other: Candidate | undefined): boolean {
  return one !== undefined && one.version === other?.version && one.digest === other.digest;
}
