import { HTTP_PATHS } from '../../../shared/agreements/http-paths.ts';
import type { HttpOperation } from '../../../shared/http/operation.ts';
import { EXTENSIONS } from '../inference-extensions.ts';
import { inferenceRequestSchema } from '../inference-request.ts';
import { lambdaEventSchema } from '../lambda-event.ts';
import { RETRY_AFTER_SECONDS } from '../predict-route.ts';
import { JSON_LENGTH_HEADER } from '../tensor/binary-data.ts';
import { DATATYPES } from '../tensor/datatype.ts';
import { ROWS_LIMIT } from '../tensor/tensor-reader.ts';
import { EXAMPLE_APPLICATION } from './example-application.ts';
import { REPOSITORY_OPERATIONS } from './repository-operations.ts';

const DIGEST = `sha256:${'4'.repeat(64)}`;
const MODEL = '/v2/models/:model';
const VERSION = `${MODEL}/versions/:version`;
const NOT_LOADED = 'The model is not loaded yet.';
const NO_MODEL = 'There is no model of that name, or that version is not loaded here.';

const PREDICT: HttpOperation = {
  method: 'POST',
  paths: ['/predict'],
  summary: 'Decides one application, or the records of a Lambda event.',
  answers: [
    {
      status: 200,
      when: 'The application was decided. A Lambda event is always answered so if it can be read.',
    },
    { status: 400, when: 'The body is not JSON, or is neither an application nor a Lambda event.' },
    { status: 413, when: 'The application exceeds `MAX_RECORD_BYTES`, or the body exceeds its limit.' },
    { status: 415, when: 'The Content-Encoding is unknown.' },
    { status: 422, when: 'A field breaks a rule of serving.json.' },
    { status: 500, when: 'The model failed on the application.' },
    {
      status: 503,
      when: `No model that can decide is loaded. \`Retry-After\` is ${RETRY_AFTER_SECONDS} seconds.`,
    },
  ],
  notes: [
    'The body is the features alone, or `input` with the features and an optional `request_id`. Each key may be given once.',
    'The Content-Type is not read. Missing values and spellings follow the same rules as [on the stream](streams.md#applications).',
    'During a canary the request id decides whether the candidate answers. If the candidate fails, the stable model answers.',
    'A Lambda event is answered with `predictions` and `rejections`. They hold what the [streams](streams.md) would get: decisions and dead letters.',
    '`prediction` is `positiveClass` or `negativeClass` of serving.json. The bundled model answers `Approved` or `Rejected`.',
  ],
  bodies: [{ title: 'A Lambda event has this form. Unknown keys are ignored.', schema: lambdaEventSchema }],
  examples: [
    {
      title: 'One application',
      request: EXAMPLE_APPLICATION,
      status: 200,
      answer: {
        prediction: 'Approved',
        approved: true,
        probability: 0.83,
        reasons: [],
        request_id: '12345',
        decision_id: '0d9e0ba4-6d3c-4a35-8f2b-6f1f4d1c2a7e',
        model: 'loan-eligibility',
        model_version: '7',
        run_id: '5f6a1c0b9d8e4f7a',
        digest: DIGEST,
        role: 'stable',
        scored_at: '2026-01-31T12:00:00.000Z',
      },
    },
    {
      title: 'An application that breaks a rule',
      request: { input: { ...EXAMPLE_APPLICATION.input, Married: 'Maybe' } },
      status: 422,
      answer: {
        error: {
          code: 'unknown_category',
          field: 'Married',
          message: 'Married is "Maybe": it must be one of "No", "Yes"',
        },
      },
    },
  ],
};

/** As the page writes code. */
const DATATYPE_NAMES = Object.values(DATATYPES)
  .map((name) => `\`${name}\``)
  .join(', ');

const TENSOR_NOTES: readonly string[] = [
  `Datatypes are ${DATATYPE_NAMES}, and \`BF16\` in binary data. A number becomes the type of its input if that type has the value.`,
  [
    'In JSON:',
    '',
    '- `null` and a bare NaN are a missing number. An answer has null for NaN and for infinity.',
    '- Whole numbers are exact, also above 2^53. `BOOL` is true and false, or 1 and 0.',
  ].join('\n'),
  [
    'The [binary data extension](https://github.com/triton-inference-server/server/tree/main/docs/protocol) is the default of the clients of Triton and KServe:',
    '',
    `- The header \`${JSON_LENGTH_HEADER}\` has the length of the JSON. The data follow in the order of the inputs.`,
    '- Numbers are little-endian. `BYTES` are texts in UTF-8, each after its length in 4 bytes.',
    '- An answer with binary data has the Content-Type `application/octet-stream` and the same header.',
  ].join('\n'),
  'A text holds no NUL, because onnxruntime cuts a text at a NUL. Shared memory and `classification` are refused.',
];

const INFER: HttpOperation = {
  method: 'POST',
  paths: [`${MODEL}/infer`, `${VERSION}/infer`],
  summary: 'Runs the graph of the stable model on rows.',
  answers: [
    { status: 200, when: 'The graph ran.' },
    {
      status: 400,
      when: 'The body breaks the form below, a row breaks a rule of serving.json, or the graph refuses the values.',
    },
    { status: 404, when: NO_MODEL },
    { status: 413, when: 'The body exceeds its limit.' },
    { status: 415, when: 'The Content-Encoding is unknown.' },
    { status: 500, when: 'The graph failed on the rows.' },
    { status: 503, when: NOT_LOADED },
  ],
  notes: [
    `One request has at most ${ROWS_LIMIT.toLocaleString('en-US')} rows. All inputs have the same number of rows if the model has a contract, or if the graph gives their first dimensions one name.`,
    ...TENSOR_NOTES,
  ],
  bodies: [
    {
      title: 'The body. In a key that is not required, null counts as absent.',
      schema: inferenceRequestSchema,
    },
  ],
  examples: [
    {
      title: 'One row, shortened to two inputs',
      request: {
        id: 'r1',
        inputs: [
          { name: 'Gender', datatype: 'BYTES', shape: [1, 1], data: ['Male'] },
          { name: 'ApplicantIncome', datatype: 'FP32', shape: [1, 1], data: [5000] },
        ],
      },
      status: 200,
      answer: {
        model_name: 'loan-eligibility',
        model_version: '7',
        id: 'r1',
        outputs: [{ name: 'probability', datatype: 'FP32', shape: [1, 1], data: [0.83] }],
      },
    },
  ],
};

const PROTOCOL: readonly HttpOperation[] = [
  {
    method: 'GET',
    paths: ['/v2'],
    summary: 'Metadata of the server.',
    answers: [{ status: 200, when: 'Always.' }],
    examples: [
      {
        title: 'Answer',
        status: 200,
        answer: { name: 'loan-eligibility-inference', version: '0.1.0', extensions: [...EXTENSIONS] },
      },
    ],
  },
  {
    method: 'GET',
    paths: ['/v2/health/live'],
    summary: 'Whether the server answers.',
    answers: [{ status: 200, when: 'Always.' }],
    examples: [{ title: 'Answer', status: 200, answer: { live: true } }],
  },
  {
    method: 'GET',
    paths: ['/v2/health/ready'],
    summary: 'Whether the stable model is loaded.',
    answers: [
      { status: 200, when: 'The stable model is loaded.' },
      { status: 503, when: NOT_LOADED },
    ],
    examples: [{ title: 'Answer', status: 200, answer: { ready: true } }],
  },
  {
    method: 'GET',
    paths: [MODEL, VERSION],
    summary: 'Inputs and outputs of the stable model.',
    answers: [
      { status: 200, when: 'The model is loaded.' },
      { status: 404, when: NO_MODEL },
      { status: 503, when: NOT_LOADED },
    ],
    examples: [
      {
        title: 'Answer, shortened',
        path: '/v2/models/loan-eligibility',
        status: 200,
        answer: {
          name: 'loan-eligibility',
          versions: ['7'],
          platform: 'onnx_onnxv1',
          inputs: [
            { name: 'Gender', datatype: 'BYTES', shape: [-1, 1] },
            { name: 'ApplicantIncome', datatype: 'FP32', shape: [-1, 1] },
          ],
          outputs: [{ name: 'probability', datatype: 'FP32', shape: [-1, 1] }],
        },
      },
    ],
  },
  {
    method: 'GET',
    paths: [`${MODEL}/ready`, `${VERSION}/ready`],
    summary:
      'Whether the stable model is loaded here. Before traffic moves, the operator asks every pod for a version.',
    answers: [
      { status: 200, when: 'The version is loaded. Its `state` is `ready`.' },
      { status: 404, when: NO_MODEL },
      { status: 503, when: 'The `state` is `loading`, or `failed` with a `reason`.' },
    ],
    examples: [
      {
        title: 'Answer',
        path: '/v2/models/loan-eligibility/versions/7/ready',
        status: 200,
        answer: { name: 'loan-eligibility', version: '7', ready: true, state: 'ready' },
      },
    ],
  },
  INFER,
];

const PROBES: readonly HttpOperation[] = [
  {
    method: 'GET',
    paths: [HTTP_PATHS.live],
    summary: 'Liveness. It fails only if a restart helps, never because work is late.',
    answers: [
      { status: 200, when: 'Every loop runs.' },
      { status: 503, when: 'A loop stalled. `stalled` names the loops.' },
    ],
    examples: [{ title: 'Answer', status: 200, answer: { live: true } }],
  },
  {
    method: 'GET',
    paths: [HTTP_PATHS.ready],
    summary: 'Readiness, with the state of each dependency: `ok`, `degraded`, `waiting` or `blocked`.',
    answers: [
      { status: 200, when: 'A verified model is loaded, and no dependency is `blocked`.' },
      { status: 503, when: 'No model is loaded, or a dependency is `blocked`.' },
    ],
    notes: ['A `degraded` dependency failed lately. The pod goes on with what it has, and stays in service.'],
    examples: [
      {
        title: 'Answer',
        status: 200,
        answer: {
          ready: true,
          model: { name: 'loan-eligibility', version: '7', runId: '5f6a1c0b9d8e4f7a', digest: DIGEST },
          dependencies: { registry: { state: 'ok' }, model: { state: 'ok' }, kinesis: { state: 'ok' } },
        },
      },
    ],
  },
  {
    method: 'GET',
    paths: [HTTP_PATHS.metrics],
    summary: 'The [metrics](metrics.md) in the text format of Prometheus.',
    answers: [{ status: 200, when: 'Always.' }],
  },
];

/** All that the inference service answers over HTTP. */
export const INFERENCE_OPERATIONS: readonly HttpOperation[] = [
  PREDICT,
  ...PROTOCOL,
  ...REPOSITORY_OPERATIONS,
  ...PROBES,
];
