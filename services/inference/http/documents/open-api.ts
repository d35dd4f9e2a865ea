import type { RequestHandler } from 'express';
import type { ServingContract } from '../../../shared/contract/serving-contract.ts';
import type { ModelRouter } from '../../decision/route/model-router.ts';
import { OPERATION_GROUPS } from '../operations/inference-operations.ts';
import { openApiDocument } from './open-api-document.ts';

export interface OpenApiRouteOptions {
  readonly modelName: string;
  readonly serviceVersion: string;
  readonly router: ModelRouter;
}

/** Answers the document. It is made once for each stable model, because a contract may hold thousands of values. */
export function openApiRoute({ modelName, serviceVersion, router }: OpenApiRouteOptions): RequestHandler {
  let made: { readonly contract: ServingContract | undefined; readonly text: string } | undefined;
  return (_request, response) => {
    const contract = router.stable?.model.contract;
    if (made === undefined || made.contract !== contract) {
      const document = openApiDocument({ groups: OPERATION_GROUPS, modelName, serviceVersion, contract });
      made = { contract, text: JSON.stringify(document) };
    }
    const { text } = made;
    // The next answer may be about another model.
    response
      .writeHead(200, {
        'Content-Type': 'application/json',
        'Content-Length': Buffer.byteLength(text),
        'Cache-Control': 'no-cache',
      })
      .end(text);
  };
}
