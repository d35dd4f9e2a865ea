import type { FakeStream } from '../support/kinesis-fake/fake-stream.ts';

interface RejectedRecord {
  readonly PartitionKey: string;
}

/** Violations of the dead-letter stream: each key has at least one dead letter, and no other key has any. */
export function checkRejected(hostile: readonly string[], rejects: FakeStream): string[] {
  const keys = new Set(
    rejects.shards.flatMap((shard) =>
      shard.all().map(({ json }) => (JSON.parse(json) as RejectedRecord).PartitionKey),
    ),
  );
  const expected = new Set(hostile);
  return [
    ...hostile.filter((key) => !keys.has(key)).map((key) => `${key} was lost`),
    ...[...keys].filter((key) => !expected.has(key)).map((key) => `${key} became a dead letter`),
  ];
}
