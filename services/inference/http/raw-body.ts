import { raw } from 'express';

/** Of a body of many rows; a single application has a tighter limit of its own. */
const LIMIT_BYTES = 8 * 1024 * 1024;

/** Reads a request's body as it is, whatever it says that it is. */
export const rawBody = raw({ type: () => true, limit: LIMIT_BYTES });
