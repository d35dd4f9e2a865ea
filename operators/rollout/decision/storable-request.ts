import { createHash } from 'node:crypto';
import { REQUEST_LENGTH } from '../../../services/shared/agreements/request-annotations.ts';

/**
 * The value of a request annotation, as the status can store it. A longer value keeps its beginning, and its hash tells it
 * from others. A value that the status could not store would act at each look, because no status would know it.
 */
export function storableRequest(annotation: string | undefined): string | undefined {
  const whole = annotation?.toWellFormed();
  if (whole === undefined || whole.length <= REQUEST_LENGTH) return whole;
  const end = `… (${whole.length} characters, sha256 ${createHash('sha256').update(whole).digest('hex')})`;
  const beginning = whole.slice(0, REQUEST_LENGTH - end.length);
  return `${beginning.isWellFormed() ? beginning : beginning.slice(0, -1)}${end}`;
}

/**
 * The first word of a request, such as a version. White space, a colon or a comma ends it, so `2.5` does not name version 2.
 */
export function firstWord(request: string): string {
  return /^[^\s:,]*/.exec(request)?.[0] ?? '';
}
