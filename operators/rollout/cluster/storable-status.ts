import {
  type ModelDeploymentStatus,
  statusSchema,
} from '../../../services/shared/model-deployment/status.ts';
import { truncate } from '../decision/truncate.ts';

/** More parts than this never were wrong at once. */
const MAXIMUM_PARTS = 100;
/** Nothing replaces these parts. */
const NEEDED_PARTS: readonly Key[] = ['phase', 'stable', 'candidate'];
const REFUSED_TEXT = 'the API server refused this text';

type Key = PropertyKey;
type Branch = Record<Key, unknown>;

/** A part of a status that cannot be stored. */
export interface Misfit {
  readonly path: readonly Key[];
  readonly message: string;
}

export interface Storable {
  readonly status: ModelDeploymentStatus;
  /** What was left out or cut. */
  readonly misfits: readonly Misfit[];
}

/** The status as the API server stores it: plain, with whole characters, and without the parts that the schema refuses. */
export function storable(next: ModelDeploymentStatus): Storable {
  let status = plain(next);
  const misfits: Misfit[] = [];
  while (misfits.length < MAXIMUM_PARTS) {
    const [misfit] = statusSchema.safeParse(status).error?.issues ?? [];
    const lessened = misfit && without(status, misfit.path);
    if (misfit === undefined || lessened === undefined) break;
    misfits.push(misfit);
    status = lessened;
  }
  return { status, misfits };
}

/**
 * The status without the smallest part that contains `path`, so that the schema still holds. A message is replaced, and an
 * array as a whole loses its last entry. Undefined if no such part can be left out.
 */
export function without(
  status: ModelDeploymentStatus,
  path: readonly Key[],
): ModelDeploymentStatus | undefined {
  for (let length = path.length; length > 0; length--) {
    const part = path.slice(0, length);
    const copy = structuredClone(status);
    if (lessen(copy, part) && (hasPart(copy, part) || isOptional(copy, part))) return copy;
  }
  return undefined;
}

/** The status as JSON has it: without undefined members, and with whole characters. */
export function plain(status: ModelDeploymentStatus): ModelDeploymentStatus {
  return JSON.parse(JSON.stringify(status), (_key, value) =>
    typeof value === 'string' ? value.toWellFormed() : value,
  );
}

/** False if the part is not there, or must not be changed. */
function lessen(status: ModelDeploymentStatus, part: readonly Key[]): boolean {
  const key = part.at(-1) ?? '';
  const parent = valueAt(status, part.slice(0, -1)) as Branch | undefined;
  const value = parent?.[key];
  if (parent === undefined || value === undefined) return false;
  if (part.length === 1 && NEEDED_PARTS.includes(key)) return false;
  if (key === 'message' && typeof value === 'string') {
    if (value === REFUSED_TEXT) return false;
    const cut = truncate(value);
    parent[key] = cut === value ? REFUSED_TEXT : cut;
  } else if (Array.isArray(value)) {
    return value.pop() !== undefined;
  } else if (Array.isArray(parent)) {
    parent.splice(Number(key), 1);
  } else {
    delete parent[key];
  }
  return true;
}

function hasPart(status: ModelDeploymentStatus, part: readonly Key[]): boolean {
  return valueAt(status, part) !== undefined;
}

function isOptional(status: ModelDeploymentStatus, part: readonly Key[]): boolean {
  const issues = statusSchema.safeParse(status).error?.issues ?? [];
  return !issues.some(({ path }) => path.join('.') === part.join('.'));
}

function valueAt(status: ModelDeploymentStatus, path: readonly Key[]): unknown {
  return path.reduce<unknown>((value, key) => (value as Branch | undefined)?.[key], status);
}
