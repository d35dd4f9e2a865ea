import type { StoredObject } from '../record.ts';

/** Stores objects beside the streams. */
export interface ObjectStore {
  /** Resolves once the object is stored, whatever was there before. Makes one request, with a deadline of its own. */
  put(object: StoredObject, signal: AbortSignal): Promise<void>;
  close(): void;
}
