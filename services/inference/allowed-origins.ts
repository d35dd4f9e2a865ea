import { z } from 'zod';
import { list } from '../shared/config.ts';

const EVERY = '*';
const RULE = 'must be origins such as https://desk.example.org, without a path, or * alone';

/** Origins of web pages, in the form in which a browser sends them, or `*`. */
export function allowedOrigins() {
  return list().transform((texts, { addIssue }) => {
    const origins = texts.map((text) => (text === EVERY ? text : originOf(text)));
    const known = origins.filter((origin) => origin !== undefined);
    if (known.length === texts.length && (known.length <= 1 || !known.includes(EVERY))) return known;
    addIssue({ code: 'invalid_format', format: 'origins', message: RULE });
    return z.NEVER;
  });
}

/** Undefined if the text says more or less than scheme, host and port. */
function originOf(text: string): string | undefined {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) return undefined;
  // A host may be written in capitals, and the default port may be named. A path, a user, a query or a pattern may not.
  return url.href === `${url.origin}/` && !/[?#@*]/.test(text) ? url.origin : undefined;
}
