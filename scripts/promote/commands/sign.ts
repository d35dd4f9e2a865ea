import { AGAIN_OPTION, MOVE_ALIAS_OPTION, POLICY_OPTIONS, SIGNING_OPTIONS } from '../common-options.ts';
import type { PromoteCommand } from '../desk.ts';
import { makeStatement } from '../make-statement.ts';
import { policyOf } from '../policy.ts';
import { signerOf } from '../signer.ts';
import { assertNotRejected, assertNotSigned, statementsOf } from '../statements-of.ts';
import { lookAtVersion } from '../version-view.ts';

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
    const registry = desk.registry();
    const signer = signerOf(input, desk);
    const policy = policyOf(input);
    const view = await lookAtVersion(desk, registry, input.operands[0] ?? '');
    const statements = statementsOf(desk, signer.trusted, view, policy);
    assertNotRejected(view, statements, signer);
    assertNotSigned(view, statements, signer, input.flag('again'));
    const options = { isSure: input.flag('yes'), movesAlias: input.flag('move-alias') };
    await makeStatement(desk, registry, signer, view, statements, { kind: 'promote' }, options);
  },
};
