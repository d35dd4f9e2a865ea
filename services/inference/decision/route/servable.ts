import type { Model } from '../../model/model.ts';
import type { Decider } from '../score/decider.ts';

/** A loaded model and those who are using it: it is closed once it was retired and nobody does any more. */
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

  /** Nobody new will be given it. */
  async retire(): Promise<void> {
    this.#retired = true;
    await this.#closeIfUnused();
  }

  async #closeIfUnused(): Promise<void> {
    if (this.#retired && this.#users === 0) await this.model.close();
  }
}
