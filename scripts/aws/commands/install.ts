import { parseArgs } from 'node:util';
import { parseOutputs } from '../../../infrastructure/outputs.ts';
import type { AwsCommand } from '../context.ts';
import { refuseExampleAccount } from '../example-account.ts';
import { INSTALLATION } from '../install-steps.ts';
import type { Installation } from '../installation.ts';
import { nodePlatforms } from '../node-platforms.ts';
import { readStackOutputs } from '../outputs-file.ts';
import { checkReadable } from '../readable-files.ts';

export const install: AwsCommand = {
  name: 'install',
  summary: 'put the system into the deployed cluster: manifests, images, first model',
  help: `Makes k8s/eks from the outputs, builds and pushes the images, applies the manifests, and trains a first model.
It needs aws, kubectl, and docker with buildx. It may be repeated: an image whose tag is in the registry is not built again.

  --data FILE       training data to put into the bucket
  --authority FILE  certificates of the database's authority (default: downloaded from RDS)
  --platform NAMES  linux/amd64, linux/arm64 or both with a comma (default: that of the nodes' instance type).
                    Needed with EKS Auto Mode and with a cluster that exists. Another platform than that of this
                    machine is emulated by Docker
  --skip-images     the images are in the registry already
  --context NAME    an existing kubectl context (default: one is made for the cluster of the stacks)`,
  async run(args, { environment, shell, terminal, outputsFile }) {
    const { values } = parseArgs({
      args: [...args],
      options: {
        data: { type: 'string' },
        authority: { type: 'string' },
        platform: { type: 'string' },
        'skip-images': { type: 'boolean', default: false },
        context: { type: 'string' },
      },
    });
    refuseExampleAccount(environment);
    await checkReadable({ data: values.data, authority: values.authority });
    const installation: Installation = {
      environment,
      shell,
      outputs: parseOutputs(JSON.stringify(readStackOutputs(outputsFile)), environment),
      data: values.data,
      authority: values.authority,
      platforms: values['skip-images'] ? undefined : nodePlatforms(environment, values.platform),
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
