import { z } from 'zod';
import { hostName } from '../../services/shared/host-name.ts';
import { parseCidr } from '../cidr.ts';
import { networkAddress } from './network.ts';

const DAYS = { shortest: 1, longest: 3_650 };

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
    retentionHours: z
      .int()
      .min(24)
      .max(8_760)
      .default(168)
      .describe('How long the streams keep a record, in hours.'),
    iteratorAgeSeconds: z
      .int()
      .min(60)
      .max(604_800)
      .default(900)
      .describe('Age of the oldest unread application above which an alarm goes off, in seconds.'),
    database: z
      .discriminatedUnion('kind', [
        z.strictObject({
          kind: z.literal('new'),
          instanceType: z
            .string()
            .regex(
              /^[a-z0-9-]{2,12}\.[a-z0-9]{4,12}$/,
              'must be an RDS instance type without `db.`, such as t4g.medium',
            )
            .describe('RDS instance type, without `db.`.'),
          multiAz: z.boolean().describe('Keeps a standby in another zone.'),
          storageGibibytes: z
            .int()
            .min(20)
            // RDS grows a disk by a tenth or more, to 65,536 GiB at most.
            .max(59_000)
            .describe('First size of the disk, in GiB. RDS enlarges the disk by itself.'),
          backupDays: z
            .int()
            .min(1)
            .max(35)
            .default(14)
            .describe('How long a backup is kept, in days. RDS keeps none longer than 35.'),
        }),
        z.strictObject({
          kind: z.literal('existing'),
          host: hostName.describe('Host name of the Postgres server.'),
          network: networkAddress
            .refine((text) => (parseCidr(text)?.prefix ?? 0) >= 8, 'must be a network of /8 or longer')
            .describe('Network of the Postgres server.'),
        }),
      ])
      .describe('Postgres of MLflow.'),
    audit: z
      .strictObject({
        days: z
          .int()
          .min(DAYS.shortest)
          .max(DAYS.longest)
          .describe('How long nobody can delete an object, in days.'),
        mode: z
          .enum(['governance', 'compliance'])
          .describe(
            '`governance`: a person with a special right may delete. `compliance`: nobody may, not even the owner of the account.',
          ),
      })
      .default({ days: 365, mode: 'governance' })
      .describe('Object Lock of the audit bucket.'),
    oldVersionDays: z
      .int()
      .min(DAYS.shortest)
      .max(DAYS.longest)
      .default(90)
      .describe('How long the bucket keeps an object that was replaced or deleted, in days.'),
    deadLetterDays: z
      .int()
      .min(DAYS.shortest)
      .max(DAYS.longest)
      .default(30)
      .describe(
        'How long the bucket keeps whole payloads of dead letters, and files of `scoring/`, in days.',
      ),
    alarmEmail: z.email().max(254).optional().describe('Who is told about alarms. Absent: nobody by e-mail.'),
  })
  .describe('What holds data.');
