import { raw } from 'express';

/** Size limit of a body with many rows. A single application has the lower limit MAX_RECORD_BYTES. */
export const BODY_LIMIT_BYTES = 8 * 1024 * 1024;

/** Reads the body of a request as bytes, whatever its Content-Type says. */
export const rawBody = raw({ type: () => true, limit: BODY_LIMIT_BYTES });
