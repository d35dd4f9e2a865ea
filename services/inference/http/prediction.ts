import { z } from 'zod';
import { decisionRecordSchema } from '../../shared/agreements/decision-record.ts';
import type { ServingContract } from '../../shared/contract/serving-contract.ts';
import type { DecidedApplication } from '../decision/decision-service.ts';

const { shape } = decisionRecordSchema;
const decided = shape.prediction.shape;

/** The answer to one application. The words and the name of the decision come from serving.json. */
export function predictionSchema(contract?: ServingContract) {
  const { name, positiveClass, negativeClass } = contract?.decision ?? {};
  const word =
    positiveClass === undefined || negativeClass === undefined
      ? z.string()
      : z.enum([positiveClass, negativeClass]);
  return z
    .object({
      prediction: word.describe('`positiveClass` or `negativeClass` of serving.json.'),
      ...(name === undefined
        ? {}
        : { [name]: z.boolean().describe('The decision. True means the positive class.') }),
      probability: decided.probability,
      reasons: decided.reasons,
      request_id: decided.request_id,
      decision_id: z.uuid().describe('Random, and new for each request.'),
      model: shape.model,
      model_version: shape.model_version,
      run_id: shape.run_id,
      digest: shape.digest,
      role: shape.role,
      scored_at: shape.scored_at.describe('When the application was scored, UTC.'),
    })
    .meta({ title: 'Prediction' });
}

type Prediction = z.output<ReturnType<typeof predictionSchema>>;

export function predictionOf({
  model,
  role,
  decision,
  decisionId,
  requestId,
}: DecidedApplication): Prediction {
  const { name, version, runId, digest } = model.identity;
  const contract = model.contract as ServingContract;
  return {
    prediction: decision.positive ? contract.decision.positiveClass : contract.decision.negativeClass,
    [contract.decision.name]: decision.positive,
    probability: decision.probability,
    reasons: [],
    request_id: requestId,
    decision_id: decisionId,
    model: name,
    model_version: version,
    run_id: runId,
    digest,
    role,
    scored_at: new Date().toISOString(),
  };
}
