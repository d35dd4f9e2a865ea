import { raw } from 'express';

/** Bounds a body of many rows. A single application has the tighter limit MAX_RECORD_BYTES. */
export const BODY_LIMIT_BYTES = 8 * 1024 * 1024;

/** Reads the body of a request as bytes, whatever its Content-Type says. */
export const rawBody = raw({ type: () => true, limit: BODY_LIMIT_BYTES });
