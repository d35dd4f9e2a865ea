/**
 * What tells one version of a model from another. The number alone does not: another registry, and a model that was
 * deleted and made anew, count from 1 again.
 */
export interface Identity {
  readonly version: string;
  /** Undefined before the verification. */
  readonly digest?: string | undefined;
  /** URL of the registry. Undefined in the status of an earlier release. */
  readonly registry?: string | undefined;
  /** Undefined if the registry does not say. */
  readonly modelCreatedAt?: string | undefined;
}

/** Whether both may be one version. An unknown part matches any. */
export function isSame(a: Identity, b: Identity): boolean {
  return a.version === b.version && isSameModel(a, b) && matches(a.digest, b.digest);
}

/** Whether both may be versions of one registered model. */
export function isSameModel(a: Identity, b: Identity): boolean {
  return matches(a.registry, b.registry) && matches(a.modelCreatedAt, b.modelCreatedAt);
}

/** The parts of `known` that say which version it is, for another entry of the status. */
export function identityOf({ version, digest, registry, modelCreatedAt }: Identity): Identity {
  return { version, digest, registry, modelCreatedAt };
}

function matches(a: string | undefined, b: string | undefined): boolean {
  return !a || !b || a === b;
}
