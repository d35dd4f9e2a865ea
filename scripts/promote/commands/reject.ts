import { POLICY_OPTIONS, SIGNING_OPTIONS } from '../common-options.ts';
import type { PromoteCommand } from '../desk.ts';
import { makeStatement } from '../make-statement.ts';
import { givenPolicy, policyOf } from '../policy.ts';
import { signerOf } from '../signer.ts';
import { statementsOf } from '../statements-of.ts';
import { lookAtVersion } from '../version-view.ts';

export const rejectCommand: PromoteCommand = {
  name: 'reject',
  operands: '<version>',
  summary: 'Signs that this version must not serve.',
  details: [
    'A rejection does not expire. Only the same key takes it back, by signing the promotion. The alias stays',
    'where it is. As with `sign`, the files are downloaded, and the digest that is signed is theirs. A rejection',
    'holds for the version whatever its files are. So another digest in the tag is told and is no obstacle. If',
    'the files cannot be read, the digest is that of the tag.',
  ],
  options: [...SIGNING_OPTIONS, ...POLICY_OPTIONS],
  run: async (input, desk) => {
    const registry = desk.registry();
    const signer = signerOf(input, desk);
    const given = givenPolicy(input);
    const view = await lookAtVersion(desk, registry, input.operands[0] ?? '', 'tell');
    const statements = statementsOf(desk, signer.trusted, view, policyOf(given, view.followers));
    const options = { isSure: input.flag('yes'), movesAlias: false };
    await makeStatement(desk, registry, signer, view, statements, { kind: 'reject' }, options);
  },
};
