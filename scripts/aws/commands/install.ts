import { parseArgs } from 'node:util';
import { parseOutputs } from '../../../infrastructure/outputs.ts';
import type { AwsCommand } from '../context.ts';
import { refuseExampleAccount } from '../example-account.ts';
import { INSTALLATION, type Installation } from '../installation.ts';
import { readStackOutputs } from '../outputs-file.ts';

export const install: AwsCommand = {
  name: 'install',
  summary: 'put the system into the deployed cluster: manifests, images, first model',
  help: `Makes k8s/eks from the outputs, builds and pushes the images, applies the manifests, and trains a first model.
Each step says which programs it needs: aws, docker, kubectl. Every step may be repeated.

  --data FILE       training data to put into the bucket
  --authority FILE  certificates of the database's authority (default: downloaded from RDS)
  --skip-images     the images are in the registry already
  --context NAME    an existing kubectl context (default: one is made for the cluster of the stacks)`,
  async run(args, { environment, shell, terminal, outputsFile }) {
    const { values } = parseArgs({
      args: [...args],
      options: {
        data: { type: 'string' },
        authority: { type: 'string' },
        'skip-images': { type: 'boolean', default: false },
        context: { type: 'string' },
      },
    });
    refuseExampleAccount(environment);
    const installation: Installation = {
      environment,
      shell,
      outputs: parseOutputs(JSON.stringify(readStackOutputs(outputsFile)), environment),
      data: values.data,
      authority: values.authority,
      skipImages: values['skip-images'],
      startedAt: new Date(),
      context: values.context ?? `${environment.name}-${environment.account}`,
      ownsContext: values.context === undefined,
    };
    for (const [index, { title, run }] of INSTALLATION.entries()) {
      terminal.say(`=== ${index + 1}/${INSTALLATION.length} ${title}`);
      const said = await run(installation);
      if (said) terminal.say(said);
    }
  },
};
