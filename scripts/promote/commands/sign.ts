import { AGAIN_OPTION, MOVE_ALIAS_OPTION, POLICY_OPTIONS, SIGNING_OPTIONS } from '../common-options.ts';
import type { PromoteCommand } from '../desk.ts';
import { lookAtPromotion, signPromotion } from '../promotion.ts';

export const signCommand: PromoteCommand = {
  name: 'sign',
  operands: '<version>',
  summary: 'Signs that the alias may name this version, as the first person.',
  details: [
    '<version> is a number, or an alias such as challenger. The files are downloaded, and their digest is',
    'compared with the tag of the version. What is signed is shown first: model, version, digest, model card,',
    'the verdict of the gate, and what serves now.',
  ],
  options: [...SIGNING_OPTIONS, MOVE_ALIAS_OPTION, AGAIN_OPTION, ...POLICY_OPTIONS],
  run: async (input, desk) => {
    const promotion = await lookAtPromotion(input, desk);
    await signPromotion(input, desk, promotion);
  },
};
