import { rmSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { cdk, INFRASTRUCTURE } from '../cdk.ts';
import type { AwsCommand } from '../context.ts';
import { refuseExampleAccount } from '../example-account.ts';
import { refuseExampleSettings } from '../example-settings.ts';
import { mergeStackOutputs, readStackOutputs } from '../outputs-file.ts';
import { chooseStacks } from '../stack-choice.ts';

/** CDK writes the outputs of the stacks of one run alone. */
const OUTPUTS_OF_THIS_RUN = `${INFRASTRUCTURE}/cdk.out/outputs-of-this-run.json`;

export const deploy: AwsCommand = {
  name: 'deploy',
  summary: 'create or update the stacks, and note their outputs',
  help: `Deploys every stack that the settings ask for, and writes infrastructure/outputs.json. Asks before it widens
rights or opens a port.

  --stacks NAMES  only these stacks, with commas between them
  --yes           ask nothing`,
  async run(args, { environment, shell, terminal, outputsFile }) {
    const { values } = parseArgs({
      args: [...args],
      options: { stacks: { type: 'string' }, yes: { type: 'boolean', default: false } },
    });
    const chosen =
      values.stacks === undefined
        ? ['--all']
        : [...chooseStacks(values.stacks, environment), '--exclusively'];
    refuseExampleAccount(environment);
    refuseExampleSettings(environment);
    rmSync(OUTPUTS_OF_THIS_RUN, { force: true });
    await cdk(shell, [
      'deploy',
      ...chosen,
      '--progress=events',
      `--require-approval=${values.yes ? 'never' : 'broadening'}`,
      `--outputs-file=${OUTPUTS_OF_THIS_RUN}`,
    ]);
    mergeStackOutputs(outputsFile, readStackOutputs(OUTPUTS_OF_THIS_RUN));
    terminal.say(`The outputs are in ${outputsFile}. Next: make aws-install`);
  },
};
