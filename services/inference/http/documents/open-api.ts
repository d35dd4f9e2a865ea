import type { RequestHandler } from 'express';
import type { ModelRouter } from '../../decision/route/model-router.ts';
import type { Model } from '../../model/model.ts';
import { OPERATION_GROUPS } from '../operations/inference-operations.ts';
import { DOCS_FILES } from './docs-page.ts';
import { openApiDocument } from './open-api-document.ts';

export interface OpenApiRouteOptions {
  readonly modelName: string;
  readonly serviceVersion: string;
  readonly router: ModelRouter;
}

/** Answers the document. It is made once for each stable model, because a contract may hold thousands of values. */
export function openApiRoute({ modelName, serviceVersion, router }: OpenApiRouteOptions): RequestHandler {
  let made: { readonly model: Model | undefined; readonly text: string } | undefined;
  return (_request, response) => {
    const model = router.stable?.model;
    if (made === undefined || made.model !== model) {
      const { version } = model?.identity ?? {};
      const document = openApiDocument({
        groups: OPERATION_GROUPS,
        modelName,
        serviceVersion,
        contract: model?.contract,
        parameters: {
          model: { type: 'string', const: modelName },
          version: { type: 'string', ...(version === undefined ? {} : { examples: [version] }) },
          file: { type: 'string', enum: DOCS_FILES },
        },
      });
      made = { model, text: JSON.stringify(document) };
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
