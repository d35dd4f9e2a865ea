import { HTTP_PATHS } from '../../../shared/agreements/http-paths.ts';
import type { HttpBody, HttpOperation } from '../../../shared/http/operation.ts';
import { applicationSchema, featuresSchema } from '../documents/application-schema.ts';
import { invocationErrorSchema } from '../invocation-error.ts';
import { lambdaAnswerSchema, lambdaEventSchema } from '../lambda-event.ts';
import { predictionSchema } from '../prediction.ts';
import { RETRY_AFTER_SECONDS } from '../refuse.ts';
import { EXAMPLE_APPLICATION, EXAMPLE_DIGEST } from './example-application.ts';

const BODIES: readonly HttpBody[] = [
  { title: 'An application with an envelope.', schema: applicationSchema },
  { title: 'The features alone.', schema: featuresSchema },
  { title: 'A Lambda event has this form. Unknown keys are ignored.', schema: lambdaEventSchema },
];

const ANSWERS = [predictionSchema, lambdaAnswerSchema] as const;

const TOO_LARGE = 'The application exceeds `MAX_RECORD_BYTES`, or the body exceeds its limit.';

const PREDICT: HttpOperation = {
  method: 'POST',
  paths: ['/predict'],
  summary: 'Decides one application, or the records of a Lambda event.',
  answers: [
    {
      status: 200,
      when: 'The application was decided. A Lambda event is always answered so if it can be read.',
      schema: ANSWERS,
    },
    { status: 400, when: 'The body is not JSON, or is neither an application nor a Lambda event.' },
    { status: 413, when: TOO_LARGE },
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
  bodies: BODIES,
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
        digest: EXAMPLE_DIGEST,
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

const INVOKE: HttpOperation = {
  method: 'POST',
  paths: [HTTP_PATHS.invocations],
  summary: 'Decides what `/predict` decides, with errors as AWS Lambda gives them.',
  answers: [
    {
      status: 200,
      when: 'The body was decided, or `X-Amz-Function-Error` is `Unhandled` and the body says why.',
      schema: [...ANSWERS, invocationErrorSchema],
    },
    { status: 400, when: 'The request cannot be read.', schema: invocationErrorSchema },
    { status: 413, when: TOO_LARGE, schema: invocationErrorSchema },
    { status: 415, when: 'The Content-Encoding is unknown.', schema: invocationErrorSchema },
    { status: 503, when: 'No model that can decide is loaded.', schema: invocationErrorSchema },
  ],
  notes: [
    "The runtime interface emulator of AWS Lambda has this path. The predecessor's clients and tests call it.",
    'An invalid application, an unreadable event and a model that fails are errors of the function: status 200, as Lambda answers.',
    '`errorType` is the code that `/predict` gives. A client that tells errors by status takes `/predict`.',
  ],
  bodies: [...BODIES, { title: 'Anything else is an error of the function.', schema: () => ({}) }],
  bodyMayBeEmpty: true,
  examples: [
    {
      title: 'An application that breaks a rule',
      request: { input: { ...EXAMPLE_APPLICATION.input, Married: 'Maybe' } },
      status: 200,
      answer: {
        errorMessage: 'Married is "Maybe": it must be one of "No", "Yes"',
        errorType: 'unknown_category',
      },
    },
  ],
};

/** The paths that decide applications. */
export const DECISION_OPERATIONS: readonly HttpOperation[] = [PREDICT, INVOKE];
