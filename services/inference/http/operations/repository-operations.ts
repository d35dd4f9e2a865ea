import type { HttpOperation } from '../../../shared/http/operation.ts';
import { repositoryIndexSchema } from '../model-management-routes.ts';

const MODEL = '/v2/models/:model';
const VERSION = `${MODEL}/versions/:version`;

const ANSWERS = [
  { status: 200, when: 'The model is loaded.' },
  { status: 404, when: 'There is no model of that name, or that version is not loaded here.' },
  { status: 503, when: 'The model is not loaded yet.' },
];

const TIMES = { count: 2, ns: 310000 };
const NEVER = { count: 0, ns: 0 };
const PARTS = { compute_input: TIMES, compute_infer: TIMES, compute_output: TIMES };
const MODEL_STATISTICS = {
  name: 'loan-eligibility',
  version: '7',
  last_inference: 1769860800000,
  inference_count: 2,
  execution_count: 2,
  inference_stats: {
    success: TIMES,
    fail: NEVER,
    queue: { count: 2, ns: 0 },
    ...PARTS,
    cache_hit: NEVER,
    cache_miss: NEVER,
  },
  batch_stats: [{ batch_size: 1, ...PARTS }],
  memory_usage: [],
};

const CONFIGURATION = {
  name: 'loan-eligibility',
  platform: 'onnxruntime_onnx',
  backend: 'onnxruntime',
  runtime: '',
  version_policy: { latest: { num_versions: 1 } },
  max_batch_size: 0,
  input: [
    {
      name: 'Gender',
      data_type: 'TYPE_STRING',
      dims: [-1, 1],
      is_shape_tensor: false,
      format: 'FORMAT_NONE',
      optional: false,
    },
  ],
  output: [
    {
      name: 'probability',
      data_type: 'TYPE_FP32',
      dims: [-1, 1],
      is_shape_tensor: false,
      label_filename: '',
    },
  ],
  instance_group: [{ name: 'loan-eligibility', kind: 'KIND_CPU', count: 1, gpus: [] }],
  default_model_filename: 'model.onnx',
  parameters: { digest: { string_value: `sha256:${'4'.repeat(64)}` } },
};

const INDEX_ENTRY = { name: 'loan-eligibility', version: '7', state: 'READY', reason: '' };

const CHANGES = ['load', 'unload'].map((change): HttpOperation => {
  const path = `/v2/repository/models/:model/${change}` as const;
  return {
    method: 'POST',
    paths: [path],
    summary: 'Always refused. The model registry decides which versions are served.',
    answers: [{ status: 403, when: 'Always.' }],
  };
});

/** What Triton tells about models beside the protocol itself. */
export const REPOSITORY_OPERATIONS: readonly HttpOperation[] = [
  {
    method: 'GET',
    paths: [`${MODEL}/config`, `${VERSION}/config`],
    summary: 'Configuration of the stable model, in the form of Triton.',
    answers: ANSWERS,
    notes: ['`max_batch_size` is 0: the rows are the first dimension of the shapes.'],
    examples: [
      {
        title: 'Answer, shortened to one input',
        path: '/v2/models/loan-eligibility/config',
        status: 200,
        answer: CONFIGURATION,
      },
    ],
  },
  {
    method: 'GET',
    paths: [`${MODEL}/stats`, `${VERSION}/stats`],
    summary: 'Statistics of the stable model, in the form of Triton.',
    answers: ANSWERS,
    notes: [
      'They count requests for inference over `/v2` since this process loaded the model. Decisions are in the [metrics](metrics.md).',
      'A request is one execution of batch size 1, whatever its rows are. `last_inference` is in milliseconds since 1970.',
    ],
    examples: [
      {
        title: 'Answer',
        path: '/v2/models/loan-eligibility/stats',
        status: 200,
        answer: { model_stats: [MODEL_STATISTICS] },
      },
    ],
  },
  {
    method: 'GET',
    paths: ['/v2/models/stats'],
    summary: 'Statistics of every loaded model: the stable one and the candidate.',
    answers: [{ status: 200, when: 'Always.' }],
  },
  {
    method: 'POST',
    paths: ['/v2/repository/index'],
    summary: 'The versions that this process knows, and their states, in the form of Triton.',
    answers: [
      { status: 200, when: 'The body is empty or has the form below.' },
      { status: 400, when: 'The body has another form.' },
    ],
    notes: ['A version is `READY`, `LOADING`, or `UNAVAILABLE` with a `reason`.'],
    bodies: [{ title: 'The body, which may be empty:', schema: repositoryIndexSchema }],
    bodyMayBeEmpty: true,
    examples: [{ title: 'Answer', status: 200, answer: [INDEX_ENTRY] }],
  },
  ...CHANGES,
];
