import { createRequire } from 'node:module';
import type { RequestHandler } from 'express';
import { HTTP_PATHS } from '../../../shared/agreements/http-paths.ts';
import { refuse } from '../refuse.ts';
import { sendPage } from './page.ts';

/** Node finds the package wherever it is installed, also from a bundle. */
const require = createRequire(import.meta.url);

const START_FILE = 'start.js';

/** A script of its own, because the policy of the page refuses a script inside the page. */
const START_SCRIPT = `SwaggerUIBundle({
  url: '.${HTTP_PATHS.openApi}',
  dom_id: '#swagger-ui',
  deepLinking: true,
  presets: [SwaggerUIBundle.presets.apis],
  // The default would send the document to a server of Swagger to have it checked.
  validatorUrl: null,
});
`;

/** Addresses are relative, so that the page works behind a gateway that adds a prefix. */
const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>API documentation</title>
<link rel="icon" type="image/png" href="docs/favicon-32x32.png">
<link rel="stylesheet" href="docs/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/${START_FILE}"></script>
</body>
</html>
`;

const PACKAGE_FILES: Readonly<Record<string, () => string>> = {
  'swagger-ui-bundle.js': () => require.resolve('swagger-ui-dist/swagger-ui-bundle.js'),
  'swagger-ui.css': () => require.resolve('swagger-ui-dist/swagger-ui.css'),
  'favicon-32x32.png': () => require.resolve('swagger-ui-dist/favicon-32x32.png'),
};

/** Every file of the page. */
export const DOCS_FILES: readonly string[] = [START_FILE, ...Object.keys(PACKAGE_FILES)];

const MAX_AGE_MILLISECONDS = 3_600_000;

export const docsPageRoute: RequestHandler = (request, response) => {
  // Behind the slash the relative addresses would be wrong.
  if (request.path.endsWith('/')) {
    response.writeHead(308, { Location: '../docs', 'Content-Length': 0 }).end();
    return;
  }
  sendPage(response, PAGE);
};

export const docsFileRoute: RequestHandler = (request, response, next) => {
  const name = String(request.params.file);
  response.setHeader('X-Content-Type-Options', 'nosniff');
  if (name === START_FILE) {
    response.type('text/javascript').send(START_SCRIPT);
    return;
  }
  const file = Object.hasOwn(PACKAGE_FILES, name) ? PACKAGE_FILES[name]?.() : undefined;
  if (file === undefined) {
    return refuse(request, response, {
      status: 404,
      code: 'not_found',
      message: 'the page has no such file',
    });
  }
  // The path holds no part of the request. A folder above it may begin with a dot.
  response.sendFile(file, { maxAge: MAX_AGE_MILLISECONDS, dotfiles: 'allow' }, (error) => {
    if (error !== undefined && !response.headersSent) next(error);
  });
};
