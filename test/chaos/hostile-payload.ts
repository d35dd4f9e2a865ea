import { kplAggregate } from '../support/stream/kpl-aggregate.ts';

/** The limit of a record by default (MAX_RECORD_BYTES). A few payloads are larger. */
const LARGEST_BYTES = 300_000;
/** More parts than an aggregate may have. */
const BOMB_PARTS = 30_000;
/** Text that makes a process hold its event loop. */
export const POISON = 'poison';

const SHAPES: readonly ((bytes: number) => string | Buffer)[] = [
  (bytes) => `{"input":{"ApplicantIncome":"${'1'.repeat(bytes)}x"}}`,
  (bytes) => `{"input":{"ApplicantIncome":${'9'.repeat(bytes)}}}`,
  (bytes) => `NaN${'\\"'.repeat(bytes / 2)}`,
  (bytes) => `{"input":{"Gender":"${'\\"NaN'.repeat(bytes / 5)}"},"x":NaN}`,
  (bytes) => '['.repeat(bytes),
  (bytes) => '{"a":'.repeat(bytes / 5),
  (bytes) => `{"input":{${Array.from({ length: bytes / 12 }, (_, index) => `"${index}":NaN`).join()}}}`,
  (bytes) => `{"input":{},"request_id":"${'é'.repeat(bytes / 2)}"}`,
  (bytes) => `{"input":{"Gender":"Male","Gender":"Female"},"pad":"${' '.repeat(bytes)}"}`,
  (bytes) => `${'\t'.repeat(bytes)}{`,
  (bytes) => Buffer.alloc(bytes, 0xff),
  (bytes) => Buffer.alloc(bytes, Buffer.from('f3899ac2', 'hex')),
  () => '',
  // A whole aggregate that opens to nothing but empty records.
  () =>
    kplAggregate(Array.from({ length: BOMB_PARTS }, () => ({ partitionKey: 'k', data: Buffer.alloc(0) }))),
];

/** A payload that no model can decide, of a shape and a size that `random` chooses. Small payloads are as frequent as large ones. */
export function hostilePayload(random: () => number): Uint8Array {
  const shape = SHAPES[Math.floor(random() * SHAPES.length)] as (typeof SHAPES)[number];
  return Buffer.from(shape(Math.floor(LARGEST_BYTES ** random())));
}
