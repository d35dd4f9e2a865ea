import type { z } from 'zod';
import { environmentSchema } from '../../charts/environment.ts';
import { rolloutSettings } from '../../operators/rollout/config.ts';
import { inferenceSettings, serviceSettings } from '../../services/inference/config.ts';
import { verificationSettings } from '../../services/inference/verification-config.ts';
import { streamSettings } from '../../services/stream/settings.ts';
import { kinesisCheckSettings, secretInstallSettings, streamInstallSettings } from '../settings.ts';
import { page, pageHead } from './markdown.ts';
import { optionsTable } from './options-table.ts';
import { rulesBetween, settingsOf, settingsTable } from './settings.ts';

/** Settings that one program reads, or a part of them that has a table of its own. */
export interface SettingsSection {
  readonly title: string;
  readonly introduction: string;
  readonly schemas: readonly z.ZodObject[];
  /** Schema whose rules concern more than one variable. */
  readonly rules?: z.ZodObject;
}

export const SETTINGS_SECTIONS: readonly SettingsSection[] = [
  {
    title: 'Inference service: models and HTTP',
    introduction: '`services/inference/main.ts`, in the image `inference`.',
    schemas: [serviceSettings],
  },
  {
    title: 'Inference service: stream',
    introduction:
      'The same process reads these variables. ' +
      'Retries, age, bisecting, batches and positions mean the same as in an event source mapping of AWS Lambda.',
    schemas: [streamSettings],
    rules: inferenceSettings,
  },
  {
    title: 'Verification Job',
    introduction:
      '`services/inference/verify.ts`, in the image `inference`. The operator sets these variables from the ModelDeployment.',
    schemas: [verificationSettings],
  },
  {
    title: 'Operator',
    introduction: '`operators/rollout/main.ts`, in the image `operator`.',
    schemas: [rolloutSettings],
    rules: rolloutSettings,
  },
  {
    title: 'Kinesis check',
    introduction:
      '`scripts/kinesis-e2e.ts`, also `make e2e`. An option on the command line wins over its variable.',
    schemas: [kinesisCheckSettings],
  },
  {
    title: 'Job that creates streams',
    introduction: '`scripts/install/streams.ts`. The AWS SDK reads the region.',
    schemas: [streamInstallSettings],
  },
  {
    title: 'Job that creates Secrets',
    introduction: '`scripts/install/secrets.ts`.',
    schemas: [secretInstallSettings],
  },
];

const INTRODUCTION = [
  '',
  'Each process reads its variables once, at the start. It stops with an error that names every missing or wrong variable.',
  'An empty variable counts as unset. `required` means that there is no default.',
  '',
  'Libraries read a few more variables:',
  '',
  '- The AWS SDK finds credentials by its [usual chain](https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html), for example in `AWS_ROLE_ARN` and `AWS_WEB_IDENTITY_TOKEN_FILE`.',
  '- The Kubernetes client of the inference service reads `KUBECONFIG`, then `~/.kube/config`, then the service account of the pod.',
  '',
  'The training job has options on its command line, each with a variable: see [training-cli.md](training-cli.md).',
];

/** docs/reference/configuration.md */
export function configurationPage(sections: readonly SettingsSection[] = SETTINGS_SECTIONS): string {
  return page(
    ...pageHead('Configuration', 'the schemas of the environment variables and of the options'),
    ...INTRODUCTION,
    ...sections.flatMap(section),
    '',
    '## Manifests',
    '',
    'Options of the environments in `charts/environments.ts` and `charts/eks-environment.ts`, from which `make synth` writes the manifests. An invalid option fails there.',
    '',
    ...optionsTable(environmentSchema),
  );
}

function section({ title, introduction, schemas, rules }: SettingsSection): string[] {
  const between = rules ? rulesBetween(rules) : [];
  return [
    '',
    `## ${title}`,
    '',
    introduction,
    '',
    ...settingsTable(schemas.flatMap(settingsOf)),
    ...(between.length > 0
      ? ['', 'Rules between variables:', '', ...between.map((rule) => `- ${rule}`)]
      : []),
  ];
}
