import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';

/** Remembers which images passed their check. The name of an image that skaffold built holds its content's hash. */
export class PassedChecks {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * Runs a check that has not passed before.
   * @param facts all that the outcome depends on
   * @returns whether it passed before, so that it was not run. A check that throws is not remembered.
   */
  async once(facts: readonly string[], check: () => Promise<void>): Promise<boolean> {
    const path = `${this.#folder}/${createHash('sha256').update(JSON.stringify(facts)).digest('hex')}`;
    if (existsSync(path)) return true;
    await check();
    mkdirSync(this.#folder, { recursive: true });
    writeFileSync(path, '');
    return false;
  }
}
