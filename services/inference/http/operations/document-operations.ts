import { z } from 'zod';
import { HTTP_PATHS } from '../../../shared/agreements/http-paths.ts';
import type { HttpOperation } from '../../../shared/http/operation.ts';

/** What the service says about itself. */
export const homeSchema = z
  .object({
    name: z.string(),
    version: z.string().describe('Version of this service.'),
    openapi: z.string().describe('Path of the OpenAPI document.'),
    docs: z.string().describe('Path of the page that shows the document.'),
  })
  .meta({ title: 'Home' });

export const DOCUMENT_OPERATIONS: readonly HttpOperation[] = [
  {
    method: 'GET',
    paths: ['/'],
    summary: 'Names the service and where its API is described.',
    answers: [{ status: 200, when: 'Always.', schema: homeSchema }],
    notes: ['A client that prefers `text/html` gets a page with the same links.'],
    examples: [
      {
        title: 'Answer',
        status: 200,
        answer: {
          name: 'loan-eligibility-inference',
          version: '0.1.0',
          openapi: '/openapi.json',
          docs: '/docs',
        },
      },
    ],
  },
  {
    method: 'GET',
    paths: [HTTP_PATHS.openApi],
    summary: 'The OpenAPI 3.1 document of this service.',
    answers: [
      {
        status: 200,
        when: 'Always.',
        schema: z.object({ openapi: z.string() }).meta({ title: 'OpenApiDocument' }),
      },
    ],
    notes: [
      'The fields of an application are those of the stable model. Before a model is loaded, the document names none.',
    ],
  },
  {
    method: 'GET',
    paths: [HTTP_PATHS.docs],
    summary: 'A page that shows the OpenAPI document and sends requests.',
    answers: [{ status: 200, when: 'Always.', schema: z.string(), mediaType: 'text/html' }],
    notes: ['The service holds all files of the page. No other server is asked.'],
  },
  {
    method: 'GET',
    paths: [`${HTTP_PATHS.docs}/:file`],
    summary: 'A file of that page.',
    answers: [
      { status: 200, when: 'The page has the file.', mediaType: '*/*', schema: z.unknown() },
      { status: 404, when: 'The page has no file of that name.' },
    ],
  },
];
