import type { Terminal } from './terminal.ts';
import { Refusal } from './usage-error.ts';

/**
 * Returns if the person wants what was shown.
 * @throws Refusal if the person does not, or if there is nobody to ask
 */
export async function confirm({ ask }: Terminal, isSure: boolean, question: string): Promise<void> {
  if (isSure) return;
  if (ask === undefined)
    throw new Refusal(
      'nothing is changed: there is no terminal to ask. Add --yes to go ahead without a question',
    );
  const answer = await ask(`${question} [y/N] `);
  if (!/^y(es)?$/i.test(answer.trim())) throw new Refusal('nothing is changed');
}
