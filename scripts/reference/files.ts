import { configurationPage } from './configuration.ts';
import type { GeneratedFile } from './generated-file.ts';
import { metricsPage } from './metrics.ts';
import { modelDeploymentReference } from './model-deployment.ts';
import { RECORD_SCHEMAS, streamsPage } from './streams.ts';

/** Every file that `make synth` generates below docs/. To add a page, write a module that renders it and a line here. */
export const REFERENCE_FILES: readonly GeneratedFile[] = [
  { path: 'docs/reference/modeldeployment.md', render: modelDeploymentReference },
  { path: 'docs/reference/configuration.md', render: () => configurationPage() },
  { path: 'docs/reference/streams.md', render: streamsPage },
  ...RECORD_SCHEMAS,
  { path: 'docs/reference/metrics.md', render: () => metricsPage() },
];
