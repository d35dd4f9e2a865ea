import { z } from 'zod';

/** What holds data: streams, buckets, repositories, database. */
export const dataSettings = z
  .strictObject({
    streams: z
      .discriminatedUnion('capacity', [
        z.strictObject({ capacity: z.literal('on-demand') }),
        z.strictObject({
          capacity: z.literal('provisioned'),
          shards: z.int().min(1).max(500).describe('Shards of each stream.'),
        }),
      ])
      .describe('Capacity of the three Kinesis streams.'),
    database: z
      .discriminatedUnion('kind', [
        z.strictObject({
          kind: z.literal('new'),
          instanceType: z.string().min(1).describe('RDS instance type, without `db.`.'),
          multiAz: z.boolean().describe('Keeps a standby in another zone.'),
          storageGibibytes: z.int().min(20).max(65_536).describe('Size of the disk, in GiB.'),
        }),
        z.strictObject({
          kind: z.literal('existing'),
          host: z.string().min(1).max(253).describe('Host name of the Postgres server.'),
          network: z.cidrv4().describe('Network of the Postgres server.'),
        }),
      ])
      .describe('Postgres of MLflow.'),
  })
  .describe('What holds data.');
