import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { stackName, stackParts } from '../../../infrastructure/names.ts';
import type { AwsCommand } from '../context.ts';
import { deployedOutputs } from '../deployed-stack.ts';
import { refuseExampleAccount } from '../example-account.ts';
import { mergeStackOutputs } from '../outputs-file.ts';

export const outputs: AwsCommand = {
  name: 'outputs',
  summary: 'note the outputs of stacks that somebody else deployed',
  help: 'Asks CloudFormation for the outputs of the stacks, and writes infrastructure/outputs.json.',
  async run(_args, { environment, terminal, outputsFile }) {
    refuseExampleAccount(environment);
    const client = new CloudFormationClient({ region: environment.region });
    const found: Record<string, Readonly<Record<string, string>>> = {};
    for (const part of stackParts(environment)) {
      const stack = stackName(environment, part);
      const told = await deployedOutputs(client, stack);
      if (told) found[stack] = told;
      terminal.say(told ? `${stack}: ${Object.keys(told).length} outputs` : `${stack}: not deployed`);
    }
    mergeStackOutputs(outputsFile, found);
    terminal.say(`The outputs are in ${outputsFile}.`);
  },
};
