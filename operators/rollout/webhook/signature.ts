import { createHmac, timingSafeEqual } from 'node:crypto';

/** A delivery as MLflow sends it. */
export interface Delivery {
  readonly id: string | undefined;
  /** Seconds since the epoch, in decimal digits. */
  readonly timestamp: string | undefined;
  /** `v1,<base64>` */
  readonly signature: string | undefined;
  /** The bytes as received, because the signature covers them. */
  readonly body: Uint8Array;
}

/** Longer than MLflow's back-off, because a retry keeps its timestamp. */
export const REPLAY_WINDOW_SECONDS = 600;

/** Whether MLflow signed this delivery with `secret`, within the replay window. Compares in constant time. */
export function isAuthentic(delivery: Delivery, secret: string, nowMilliseconds: number): boolean {
  const { id, timestamp, signature, body } = delivery;
  if (!id || !timestamp || !/^\d{1,12}$/.test(timestamp) || !signature?.startsWith('v1,')) return false;
  if (Math.abs(nowMilliseconds / 1000 - Number(timestamp)) > REPLAY_WINDOW_SECONDS) return false;
  const expected = createHmac('sha256', secret).update(`${id}.${timestamp}.`).update(body).digest();
  const given = Buffer.from(signature.slice('v1,'.length), 'base64');
  return given.length === expected.length && timingSafeEqual(given, expected);
}
