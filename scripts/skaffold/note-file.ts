import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { type DeployNote, deployNoteSchema } from './deploy-note.ts';

/** Longer than anybody leaves `skaffold dev` running. */
const KEPT_DAYS = 7;
const DAY_MILLISECONDS = 86_400_000;

/** Hands the note of a run from the hook after rendering to the hooks around the deploy. One file for each run. */
export class NoteFile {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  write(note: DeployNote): void {
    mkdirSync(this.#folder, { recursive: true });
    this.#removeOld();
    const path = this.#path(note.runId);
    writeFileSync(`${path}.new`, JSON.stringify(note));
    renameSync(`${path}.new`, path);
  }

  /** @returns undefined if this run rendered nothing, as in `skaffold apply` */
  read(runId: string): DeployNote | undefined {
    try {
      return deployNoteSchema.parse(JSON.parse(readFileSync(this.#path(runId), 'utf8')));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  #path(runId: string): string {
    return `${this.#folder}/${deployNoteSchema.shape.runId.parse(runId)}.json`;
  }

  #removeOld(): void {
    for (const name of readdirSync(this.#folder).filter((entry) => entry.endsWith('.json'))) {
      const path = `${this.#folder}/${name}`;
      const age = Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
      if (age > KEPT_DAYS * DAY_MILLISECONDS) rmSync(path, { force: true });
    }
  }
}
