import { ApplicationDecoder } from '../../services/inference/decision/decode/application-decoder.ts';
import { fieldDecoder } from '../../services/inference/decision/decode/field-decoder.ts';
import { PlainDecoder } from '../../services/inference/decision/decode/plain-decoder.ts';
import { SCANNED_BYTES } from '../../services/inference/decision/decode/record-bytes.ts';
import { HOSTILE_PAYLOADS } from '../support/model/hostile-payloads.ts';
import { EXAMPLE_INPUT, loanContract } from '../support/model/loan-model.ts';
import type { BenchRow } from './bench-table.ts';
import { leastOfRounds } from './least-of-rounds.ts';

const REPEATS = 500;
const MAXIMUM_BYTES = 256 * 1024;

type Decode = (data: Uint8Array) => unknown;

interface Shape {
  readonly name: string;
  readonly data: Uint8Array;
  readonly scanning: Decode;
  readonly plain: Decode;
}

/** Measures what the scanner costs beside the plain path, and names the worst shape of a record that is scanned. */
export async function scannedRecordBench(rounds: number | undefined): Promise<BenchRow[]> {
  const measured = await leastOfRounds(
    shapes().flatMap(({ name, data, scanning, plain }) => [
      { name, data, decode: scanning },
      { name, data, decode: plain },
    ]),
    async ({ data, decode }) => {
      const before = process.cpuUsage();
      for (let index = 0; index < REPEATS; index++) decode(data);
      const { user, system } = process.cpuUsage(before);
      return user + system;
    },
    rounds,
  );
  const ratios = measured.flatMap(([{ name }, cost], index) => {
    const plain = measured[index + 1]?.[1];
    return index % 2 === 0 && plain !== undefined ? [{ name, ratio: cost / plain }] : [];
  });
  const [worst] = ratios.toSorted((one, other) => other.ratio - one.ratio);
  if (worst === undefined) return [];
  return [
    {
      group: `a record of ${SCANNED_BYTES / 1024} KiB that is scanned`,
      what: `the dearest of ${ratios.length} shapes: ${worst.name}`,
      value: worst.ratio,
      unit: '× of the CPU time of the plain path, at most 1.3 are allowed',
    },
  ];
}

function shapes(): readonly Shape[] {
  const contract = loanContract();
  const decoders = contract.fields.map((field) => fieldDecoder(field, contract.encoding));
  const plain = new PlainDecoder(contract.fields, decoders, MAXIMUM_BYTES);
  return Object.entries({ ...HOSTILE_PAYLOADS, ...ACCEPTED_RECORDS }).map(([name, ofSize]) => {
    // Each shape has a decoder, because a decoder stops scanning after many records in vain.
    const decoder = new ApplicationDecoder(contract, { maximumBytes: MAXIMUM_BYTES });
    const features = decoder.columns(1);
    return {
      name,
      data: ofSize(SCANNED_BYTES),
      scanning: (data) => decoder.decode(data, features, 0),
      plain: (data) => plain.decode(data, features, 0, false),
    };
  });
}

const ACCEPTED_RECORDS: Readonly<Record<string, (bytes: number) => Uint8Array>> = {
  'a text in Russian': (bytes) => recordWith({ note: 'Клиент просит срок. '.repeat((bytes - 300) / 36) }),
  'a text in German': (bytes) =>
    recordWith({ note: 'Der Kunde möchte später zahlen. '.repeat((bytes - 300) / 34) }),
  'keys that are alike': () => recordWith(manyKeys('previous_applications_amount_of_month')),
  'long keys that are alike': (bytes) => recordWith(manyKeys('k'.repeat((bytes - 600) / 16))),
  'doubles of 17 digits': () => recordWith(manyKeys('amount', 0.12345678901234566)),
};

function recordWith(others: Readonly<Record<string, unknown>>): Uint8Array {
  return Buffer.from(JSON.stringify({ input: { ...EXAMPLE_INPUT, ...others }, request_id: '12345' }));
}

function manyKeys(name: string, value = 1): Readonly<Record<string, number>> {
  return Object.fromEntries(Array.from({ length: 16 }, (_, index) => [`${name}_${index + 10}`, value]));
}
