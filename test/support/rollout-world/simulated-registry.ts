import type { AliasReading } from '../../../operators/rollout/decision/rollout.ts';
import type { TagsReading } from '../../../operators/rollout/registry/registry.ts';
import { digestOf } from './flaw.ts';

export const REGISTRY_URL = 'http://mlflow:5000';

/** How MLflow answers. `hangs`: every call takes until its time-out. */
export type RegistryMode = 'answers' | 'unreachable' | 'hangs' | 'refuses';

/** MLflow servers at any URL. The alias has one value everywhere, but the files of a version differ from server to server. */
export class SimulatedRegistry {
  alias: string | undefined;
  mode: RegistryMode = 'answers';
  reads = 0;
  /** False if it gives the alias, and the tags of no version. */
  givesTags = true;
  /** Tags that people and jobs set, by the number of the version. */
  readonly tags = new Map<string, Record<string, string>>();
  /** How often the model was deleted and made anew, at each URL. */
  readonly #remade = new Map<string, number>();

  /** Deletes the model and makes it anew. Each version number then has other files. */
  remake(url: string): void {
    this.#remade.set(url, (this.#remade.get(url) ?? 0) + 1);
  }

  /** The digest of the files that the server has for a version now. */
  digestOf(version: string, url: string): string {
    const remade = this.#remade.get(url) ?? 0;
    return url === REGISTRY_URL && remade === 0
      ? digestOf(version)
      : digestOf(version, `${new URL(url).hostname} ${remade}`);
  }

  read(url: string): AliasReading {
    this.reads++;
    if (this.mode === 'refuses') return { kind: 'refused', message: 'MLflow answered 403' };
    if (this.mode !== 'answers') return { kind: 'unreachable', message: 'no answer' };
    if (this.alias === undefined) return { kind: 'absent' };
    const modelCreatedAt = new Date(Date.UTC(2025, 0, 1 + (this.#remade.get(url) ?? 0))).toISOString();
    return { kind: 'version', version: this.alias, modelCreatedAt };
  }

  readTags(version: string): TagsReading {
    if (this.mode === 'refuses') return { kind: 'refused', message: 'MLflow answered 403' };
    if (this.mode !== 'answers') return { kind: 'unreachable', message: 'no answer' };
    if (!this.givesTags) return { kind: 'refused', message: 'the answer has more than 8 MiB' };
    return { kind: 'read', tags: this.tags.get(version) ?? {} };
  }

  tag(version: string, key: string, value: string): void {
    this.tags.set(version, { ...this.tags.get(version), [key]: value });
  }
}
