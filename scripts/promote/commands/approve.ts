import { Refusal } from '../../command-line/usage-error.ts';
import { AGAIN_OPTION, MOVE_ALIAS_OPTION, POLICY_OPTIONS, SIGNING_OPTIONS } from '../common-options.ts';
import type { PromoteCommand } from '../desk.ts';
import { approvingKeys } from '../judged-statements.ts';
import { lookAtPromotion, signPromotion } from '../promotion.ts';
import { viewLines } from '../view-text.ts';

export const approveCommand: PromoteCommand = {
  name: 'approve',
  operands: '<version>',
  summary: 'Signs a promotion that somebody else has signed, as the second person.',
  details: [
    'The statements of the version are checked with the public keys of --keys. Without a statement of another',
    'trusted key that counts, nothing is signed.',
  ],
  options: [...SIGNING_OPTIONS, MOVE_ALIAS_OPTION, AGAIN_OPTION, ...POLICY_OPTIONS],
  run: async (input, desk) => {
    const promotion = await lookAtPromotion(input, desk);
    const { view, statements } = promotion;
    if (approvingKeys(statements.statements).length === 0) {
      for (const line of viewLines(desk, view, statements)) desk.terminal.say(line);
      throw new Refusal(
        `there is nothing to approve: no statement of a key in --keys counts for version ${view.version}. \`promote sign ${view.version}\` makes the first one`,
      );
    }
    await signPromotion(input, desk, promotion);
  },
};
