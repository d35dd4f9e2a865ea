import { SERVING_GROUP } from './kubernetes-names.ts';

/**
 * Annotations of a ModelDeployment by which a person asks the operator to act. `kubectl annotate` and kubectl-mdep set
 * them, the operator reads them, and an admission policy asks for the annotation of `REQUESTED_BY` beside each of them.
 */
export const REQUEST_ANNOTATIONS = {
  /** `VERSION`, alone or followed by other text. Another value tries a refused version again. */
  retry: `${SERVING_GROUP}/retry`,
  /** `VERSION:WEIGHT`, alone or followed by other text. Ends the pause after that canary step. A value acts once. */
  approveStep: `${SERVING_GROUP}/approve-step`,
  /** Any text, which is the reason. While it is there no rollout goes on. A failure still rolls back. */
  pause: `${SERVING_GROUP}/pause`,
  /** `VERSION`, alone or followed by other text. Gives the candidate up, and the alias stays. A value acts once. */
  abort: `${SERVING_GROUP}/abort`,
  /** `previous` or `VERSION`, alone or followed by other text. Restores a version that served. A value acts once. */
  rollback: `${SERVING_GROUP}/rollback`,
} as const;

/** Characters by which the status knows a value. Of a longer value it knows the beginning and a hash. */
export const REQUEST_LENGTH = 1000;

export type Request = keyof typeof REQUEST_ANNOTATIONS;

/** Before the name of a request, in the annotation that names its author. */
export const REQUESTED_BY_PREFIX = 'requested-by.';

/**
 * The annotation beside each request that tells who set or removed it last: the user name by which the API server knows
 * that person. Each request has its own, so that another request by another person does not hide the first.
 */
export const REQUESTED_BY = Object.fromEntries(
  Object.entries(REQUEST_ANNOTATIONS).map(([request, annotation]) => [
    request,
    annotation.replace('/', `/${REQUESTED_BY_PREFIX}`),
  ]),
) as Readonly<Record<Request, string>>;

/** Who set or removed each request. Undefined if nobody is named. */
export type RequestAuthors = Readonly<Partial<Record<Request, string>>>;
