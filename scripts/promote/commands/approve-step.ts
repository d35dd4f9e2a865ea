import { UsageError } from '../../command-line/usage-error.ts';
import { POLICY_OPTIONS, SIGNING_OPTIONS } from '../common-options.ts';
import type { PromoteCommand } from '../desk.ts';
import { makeStatement } from '../make-statement.ts';
import { givenPolicy, policyOf } from '../policy.ts';
import { signerOf } from '../signer.ts';
import { assertNotRejected, statementsOf } from '../statements-of.ts';
import { lookAtVersion } from '../version-view.ts';

export const approveStepCommand: PromoteCommand = {
  name: 'approve-step',
  operands: '<version> <weight>',
  summary: 'Signs that the canary of this version may go on after the step with this weight.',
  details: ['<weight> is the weightPercent of the step at which the canary pauses, from 1 to 100.'],
  options: [...SIGNING_OPTIONS, ...POLICY_OPTIONS],
  run: async (input, desk) => {
    const registry = desk.registry();
    const signer = signerOf(input, desk);
    const given = givenPolicy(input);
    const [name = '', weight = ''] = input.operands;
    const weightPercent = Number(weight);
    if (!/^\d{1,3}$/.test(weight) || weightPercent < 1 || weightPercent > 100)
      throw new UsageError(`the weight ${weight} is no whole number from 1 to 100`);
    const view = await lookAtVersion(desk, registry, name);
    const statements = statementsOf(desk, signer.trusted, view, policyOf(given, view.followers));
    assertNotRejected(view, statements, signer);
    const claim = { kind: 'approve-step', weightPercent } as const;
    const options = { isSure: input.flag('yes'), movesAlias: false };
    await makeStatement(desk, registry, signer, view, statements, claim, options);
  },
};
