import type { Model } from '../../model/model.ts';
import type { Decider } from '../score/decider.ts';

/** A loaded model with a count of its users. It is closed once it is retired and its last user has finished. */
export class Servable {
  readonly model: Model;
  /** Undefined for a model without `serving.json`. */
  readonly decider: Decider | undefined;
  #users = 0;
  #retired = false;

  constructor(model: Model, decider: Decider | undefined) {
    this.model = model;
    this.decider = decider;
  }

  /** Runs `work`, during which the model stays open. */
  async use<T>(work: () => Promise<T>): Promise<T> {
    this.#users++;
    try {
      return await work();
    } finally {
      this.#users--;
      await this.#closeIfUnused();
    }
  }

  /** Marks the model as retired. The caller must not hand it to new users. */
  async retire(): Promise<void> {
    this.#retired = true;
    await this.#closeIfUnused();
  }

  async #closeIfUnused(): Promise<void> {
    if (this.#retired && this.#users === 0) await this.model.close();
  }
}
