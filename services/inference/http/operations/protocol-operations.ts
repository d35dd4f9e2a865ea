import type { HttpOperation } from '../../../shared/http/operation.ts';
import { ANSWER_VALUES_LIMIT } from '../inference-answer.ts';
import { EXTENSIONS } from '../inference-extensions.ts';
import { inferenceRequestSchema } from '../inference-request-schema.ts';
import { JSON_LENGTH_HEADER } from '../tensor/binary-data.ts';
import { DATATYPES } from '../tensor/datatype.ts';
import { ROWS_LIMIT } from '../tensor/tensor-reader.ts';
import {
  inferenceResponseSchema,
  liveSchema,
  modelMetadataSchema,
  modelReadySchema,
  serverMetadataSchema,
  serverReadySchema,
} from './answer-schemas.ts';
import { EXAMPLE_DIGEST } from './example-application.ts';
import { exampleInference } from './example-inference.ts';

const MODEL = '/v2/models/:model';
const VERSION = `${MODEL}/versions/:version`;
const NOT_LOADED = 'The model is not loaded yet.';
const NO_MODEL = 'There is no model of that name, or that version is not loaded here.';

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
    {
      status: 200,
      when: 'The graph ran.',
      schema: inferenceResponseSchema,
      otherMediaType: 'application/octet-stream',
    },
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
    `One request has at most ${ROWS_LIMIT.toLocaleString('en-US')} rows, and one answer at most ${ANSWER_VALUES_LIMIT.toLocaleString('en-US')} values.`,
    `All inputs have the same number of rows if the model has a contract, or if the graph gives their first dimensions one name.`,
    ...TENSOR_NOTES,
  ],
  bodies: [
    {
      title: 'The body. In a key that is not required, null counts as absent.',
      schema: inferenceRequestSchema,
      example: exampleInference,
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

/** The Open Inference Protocol below `/v2`. */
export const PROTOCOL_OPERATIONS: readonly HttpOperation[] = [
  {
    method: 'GET',
    paths: ['/v2'],
    summary: 'Metadata of the server.',
    answers: [{ status: 200, when: 'Always.', schema: serverMetadataSchema }],
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
    answers: [{ status: 200, when: 'Always.', schema: liveSchema }],
    examples: [{ title: 'Answer', status: 200, answer: { live: true } }],
  },
  {
    method: 'GET',
    paths: ['/v2/health/ready'],
    summary: 'Whether the stable model is loaded, and the service is not stopping.',
    answers: [
      {
        status: 200,
        when: 'The stable model is loaded, and the service is not stopping.',
        schema: serverReadySchema,
      },
      {
        status: 503,
        when: 'The model is not loaded yet, or the service is stopping.',
        schema: serverReadySchema,
      },
    ],
    examples: [{ title: 'Answer', status: 200, answer: { ready: true } }],
  },
  {
    method: 'GET',
    paths: [MODEL, VERSION],
    summary: 'Inputs and outputs of the stable model.',
    answers: [
      { status: 200, when: 'The model is loaded.', schema: modelMetadataSchema },
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
      { status: 200, when: 'The version is loaded. Its `state` is `ready`.', schema: modelReadySchema },
      { status: 404, when: NO_MODEL },
      {
        status: 503,
        when: 'The `state` is `loading`, or `failed` with a `reason`.',
        schema: modelReadySchema,
      },
    ],
    examples: [
      {
        title: 'Answer',
        path: '/v2/models/loan-eligibility/versions/7/ready',
        status: 200,
        answer: {
          name: 'loan-eligibility',
          version: '7',
          ready: true,
          state: 'ready',
          digest: EXAMPLE_DIGEST,
        },
      },
    ],
  },
  INFER,
];
