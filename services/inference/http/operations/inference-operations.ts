import type { HttpOperation, OperationGroup } from '../../../shared/http/operation.ts';
import { DECISION_OPERATIONS } from './decision-operations.ts';
import { DOCUMENT_OPERATIONS } from './document-operations.ts';
import { PROBE_OPERATIONS } from './probe-operations.ts';
import { PROTOCOL_OPERATIONS } from './protocol-operations.ts';
import { REPOSITORY_OPERATIONS } from './repository-operations.ts';

/** All that the inference service answers over HTTP. */
export const OPERATION_GROUPS = [
  {
    name: 'Decisions',
    description: 'An application in, a decision out.',
    operations: DECISION_OPERATIONS,
  },
  {
    name: 'Open Inference Protocol',
    description: 'The protocol of KServe and Triton, version 2.',
    operations: [...PROTOCOL_OPERATIONS, ...REPOSITORY_OPERATIONS],
  },
  { name: 'Probes and metrics', description: 'For the cluster.', operations: PROBE_OPERATIONS },
  { name: 'Documents', description: 'What the service says about itself.', operations: DOCUMENT_OPERATIONS },
] as const satisfies readonly OperationGroup[];

export const INFERENCE_OPERATIONS: readonly HttpOperation[] = OPERATION_GROUPS.flatMap<HttpOperation>(
  ({ operations }) => operations,
);

/** What a program of a client calls. A page of another origin may call these alone. */
export const API_OPERATIONS: readonly HttpOperation[] = [
  ...DECISION_OPERATIONS,
  ...PROTOCOL_OPERATIONS,
  ...REPOSITORY_OPERATIONS,
];
