import { Refusal } from '../../command-line/usage-error.ts';
import { KEYS_OPTION, POLICY_OPTIONS } from '../common-options.ts';
import type { PromoteCommand } from '../desk.ts';
import { givenPolicy, policyOf } from '../policy.ts';
import { publicKeysIfAny } from '../public-keys.ts';
import { statementsOf } from '../statements-of.ts';
import { statusDocument, statusText } from '../status-text.ts';
import { lookAtVersion } from '../version-view.ts';

export const statusCommand: PromoteCommand = {
  name: 'status',
  operands: '[version]',
  summary: 'Lists the statements of a version: who, by which key, how old, and whether each counts.',
  details: [
    '[version] is a number or an alias. By default it is the version that the alias names. The operator judges by',
    'the keys of its own ConfigMap: `kubectl get configmap promotion-keys --output=yaml > keys.yaml`, then',
    '--keys keys.yaml. Only the ModelDeployment knows which statements are used up. The kubeconfig leads to it.',
  ],
  options: [KEYS_OPTION, ...POLICY_OPTIONS, { name: 'json', help: 'print JSON' }],
  run: async (input, desk) => {
    const registry = desk.registry();
    const given = givenPolicy(input);
    const keys = publicKeysIfAny(input.text('keys'), desk.environment);
    const name = input.operands[0] ?? desk.alias;
    if (input.operands[0] === undefined && (await registry.aliases(desk.model))[name] === undefined)
      throw new Refusal(`the alias ${name} of ${desk.model} names no version: give a version`);
    const view = await lookAtVersion(desk, registry, name, 'tell');
    const policy = policyOf(given, view.followers);
    const statements = statementsOf(desk, keys, view, policy);
    desk.terminal.out(
      input.flag('json')
        ? JSON.stringify(statusDocument(desk, view, statements, policy), null, 2)
        : statusText(desk, view, statements, policy, keys).join('\n'),
    );
  },
};
