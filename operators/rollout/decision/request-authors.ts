import {
  REQUESTED_BY,
  type RequestAuthors,
} from '../../../services/shared/agreements/request-annotations.ts';
import { printable } from '../../../services/shared/printable.ts';

/** Characters of a user name that a message repeats. */
const NAME_CHARACTERS = 200;

/** Who set or removed each request. A person may write anything into an annotation, if the admission policy is absent. */
export function requestAuthors(annotations: Readonly<Record<string, string>>): RequestAuthors {
  return Object.fromEntries(
    Object.entries(REQUESTED_BY).flatMap(([request, annotation]) => {
      const name = printable(annotations[annotation] ?? '', NAME_CHARACTERS).trim();
      return name === '' ? [] : [[request, name]];
    }),
  );
}
