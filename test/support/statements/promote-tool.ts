import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { runPromote } from '../../../scripts/promote/run-promote.ts';
import { onPlayedTerminal, type ToolRun } from '../played-terminal.ts';

/** A directory with keys of people, who run `promote …`. */
export class PromoteDesk implements Disposable {
  readonly directory = mkdtempSync(`${tmpdir()}/promote-`);
  readonly keys = `${this.directory}/keys`;

  /** Runs `promote …` as a person does. */
  run(
    args: readonly string[],
    answer?: string | ((question: string) => Promise<string>),
    environment: Readonly<Record<string, string>> = {},
  ): Promise<ToolRun> {
    const known = { HOME: this.directory, PROMOTE_KEYS: this.keys, ...environment };
    return onPlayedTerminal((terminal) => runPromote(args, known, terminal), answer);
  }

  privateKey(name: string): string {
    return `${this.directory}/.config/loan-eligibility/${name}.key`;
  }

  /** Makes keys of these names, and trusts them. */
  async keygen(...names: readonly string[]): Promise<void> {
    for (const name of names) {
      const { code, said } = await this.run(['keygen', name]);
      if (code !== 0) throw new Error(said);
    }
  }

  /** Options by which that person signs. */
  as(name: string, reason = 'better than before'): string[] {
    return ['--key', this.privateKey(name), '--actor', `${name} Example`, '--reason', reason];
  }

  [Symbol.dispose](): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}
