import type { RequestHandler } from 'express';
import type { z } from 'zod';
import { HTTP_PATHS } from '../../../shared/agreements/http-paths.ts';
import { sendJson } from '../../../shared/http/json-response.ts';
import type { homeSchema } from '../operations/document-operations.ts';
import { escapeHtml, sendPage } from './page.ts';

export interface HomeOptions {
  readonly modelName: string;
  readonly serviceVersion: string;
}

/** Says where the API is described, as JSON or as a page. */
export function homeRoute({ modelName, serviceVersion }: HomeOptions): RequestHandler {
  const home: z.output<typeof homeSchema> = {
    name: `${modelName}-inference`,
    version: serviceVersion,
    openapi: HTTP_PATHS.openApi,
    docs: HTTP_PATHS.docs,
  };
  const title = escapeHtml(home.name);
  const page = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>${title}</title></head>
<body>
<h1>${title} ${escapeHtml(home.version)}</h1>
<ul>
<li><a href=".${home.docs}">API documentation</a></li>
<li><a href=".${home.openapi}">OpenAPI document</a></li>
</ul>
</body>
</html>
`;
  return (request, response) => {
    response.vary('Accept');
    if (request.accepts(['json', 'html']) === 'html') return sendPage(response, page);
    sendJson(response, 200, home);
  };
}
