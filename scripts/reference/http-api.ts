import { OPERATOR_OPERATIONS } from '../../operators/rollout/operator-operations.ts';
import { INFERENCE_OPERATIONS } from '../../services/inference/http/operations/inference-operations.ts';
import { rejectionStatus } from '../../services/inference/http/predict-route.ts';
import { BODY_LIMIT_BYTES } from '../../services/inference/http/raw-body.ts';
import { REJECTION_CODES, type RejectionCode } from '../../services/shared/agreements/rejection-codes.ts';
import type { HttpOperation } from '../../services/shared/http/operation.ts';
import { TARGET_LIMIT_CHARACTERS } from '../../services/shared/http/request-guard.ts';
import { operationSection, readable } from './http-operation.ts';
import { code, jsonBlock, page, pageHead, table } from './markdown.ts';

/** These codes need a stream: a single application is neither too old nor retried. */
const STREAM_ONLY: readonly RejectionCode[] = ['record_expired', 'retries_exhausted', 'poison'];

const SOURCE = 'the request schemas and the lists of operations of the two servers';

/** docs/reference/http-api.md */
export function httpApiPage(): string {
  return page(
    ...pageHead('HTTP API', SOURCE),
    '',
    'Both servers listen on port 8080 in their images, without TLS and without authentication.',
    'NetworkPolicies decide who may reach them. Answers are JSON in UTF-8, but for `/metrics` and the pages.',
    '',
    'Every path answers OPTIONS, and HEAD if it answers GET. Another method is answered with 405 and the header `Allow`.',
    '',
    '## Inference service',
    '',
    ...overview(INFERENCE_OPERATIONS),
    '',
    `A body has at most ${BODY_LIMIT_BYTES.toLocaleString('en-US')} bytes. An unknown path is answered with 404.`,
    'A running service describes the same API in [OpenAPI](https://spec.openapis.org/oas/v3.1.1.html) at `/openapi.json`, with the fields of its model, and shows it at `/docs`.',
    '',
    'Pages of other origins may call the decision paths and `/v2` if `CORS_ALLOWED_ORIGINS` names them, never with credentials.',
    '',
    'The paths below `/v2` follow the [Open Inference Protocol](https://github.com/kserve/open-inference-protocol), version 2.',
    ...errors(),
    ...INFERENCE_OPERATIONS.flatMap(operationSection),
    '',
    '## Operator',
    '',
    ...overview(OPERATOR_OPERATIONS),
    ...OPERATOR_OPERATIONS.flatMap(operationSection),
  );
}

function overview(operations: readonly HttpOperation[]): string[] {
  return table(
    ['operation', 'does'],
    operations.flatMap(({ method, paths, summary }) =>
      paths.map((path, index) => [
        code(`${method} ${readable(path)}`),
        index === 0 ? summary : 'The same for one version.',
      ]),
    ),
  );
}

function errors(): string[] {
  const codes = (Object.keys(REJECTION_CODES) as RejectionCode[]).filter(
    (name) => !STREAM_ONLY.includes(name),
  );
  return [
    '',
    '### Errors',
    '',
    'Below `/v2` an error is a text:',
    '',
    ...jsonBlock({ error: 'input Gender is missing' }),
    '',
    "Lambda's path has Lambda's errors, as its section says. Everywhere else an error has a code, and a field if the error is about a field:",
    '',
    ...jsonBlock({
      error: { code: 'missing_field', field: 'ApplicantIncome', message: 'ApplicantIncome is missing' },
    }),
    '',
    ...table(
      ['code', 'status', 'meaning'],
      [
        ...codes.map((name) => [code(name), String(rejectionStatus(name)), REJECTION_CODES[name]]),
        [
          code('bad_request'),
          '4xx',
          'The request cannot be read, for example because its body is not the gzip that it says.',
        ],
        [
          code('unsupported_media_type'),
          '415',
          'The Content-Encoding is unknown. `gzip`, `deflate` and `br` are known.',
        ],
        [code('method_not_allowed'), '405', 'The path has no such method. `Allow` names those it has.'],
        [
          code('uri_too_long'),
          '414',
          `Path and query have more than ${TARGET_LIMIT_CHARACTERS.toLocaleString('en-US')} characters.`,
        ],
        [code('headers_too_large'), '431', 'Path and headers have more than 16 KiB.'],
        [code('request_timeout'), '408', 'The request took too long to arrive.'],
        [code('no_model'), '503', 'No model that can decide is loaded.'],
        [code('not_found'), '404', 'There is no such path.'],
        [code('internal'), '500', 'The server failed. Its log has the error.'],
      ],
    ),
  ];
}
