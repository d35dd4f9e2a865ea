/** What the operator fills in where a query has `{{name}}`. The API server refuses any other name. */
export const PLACEHOLDERS = [
  'version',
  'stable',
  'namespace',
  'deployment',
  'pods',
  'window',
  'errorRatio',
] as const;

export type Placeholder = (typeof PLACEHOLDERS)[number];
