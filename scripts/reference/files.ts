import { awsAccountPage } from './aws-account.ts';
import { awsCostPage } from './aws-cost.ts';
import { configurationPage } from './configuration.ts';
import type { GeneratedFile } from './generated-file.ts';
import { httpApiPage } from './http-api.ts';
import { iamRolesPage } from './iam-roles.ts';
import { mdepPage } from './mdep.ts';
import { metricsPage } from './metrics.ts';
import { modelDeploymentPage } from './model-deployment.ts';
import { promoteToolPage } from './promote-tool.ts';
import { AUDIT_SCHEMA, recordPage } from './record.ts';
import { servingJsonPage } from './serving-json.ts';
import { streamToolPage } from './stream-tool.ts';
import { RECORD_SCHEMAS, streamsPage } from './streams.ts';
import { trainingCliPage } from './training-cli.ts';
import { trainingSchemaPage } from './training-schema.ts';

/** Every file that `make synth` generates below docs/. To add a page, write a module that renders it and a line here. */
export const REFERENCE_FILES: readonly GeneratedFile[] = [
  { path: 'docs/reference/modeldeployment.md', render: modelDeploymentPage },
  { path: 'docs/reference/configuration.md', render: () => configurationPage() },
  { path: 'docs/reference/http-api.md', render: httpApiPage },
  { path: 'docs/reference/streams.md', render: streamsPage },
  { path: 'docs/reference/serving-json.md', render: servingJsonPage },
  ...RECORD_SCHEMAS,
  { path: 'docs/reference/record.md', render: recordPage },
  AUDIT_SCHEMA,
  { path: 'docs/reference/training-cli.md', render: trainingCliPage },
  { path: 'docs/reference/training-schema.md', render: trainingSchemaPage },
  { path: 'docs/reference/promote-tool.md', render: promoteToolPage },
  { path: 'docs/reference/stream-tool.md', render: streamToolPage },
  { path: 'docs/reference/kubectl-mdep.md', render: mdepPage },
  { path: 'docs/reference/metrics.md', render: () => metricsPage() },
  { path: 'docs/reference/iam-roles.md', render: iamRolesPage },
  { path: 'docs/reference/aws-cost.md', render: awsCostPage },
  { path: 'docs/reference/aws-account.md', render: awsAccountPage },
];
