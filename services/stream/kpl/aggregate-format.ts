/** First bytes of an aggregate: https://github.com/awslabs/amazon-kinesis-producer/blob/master/aggregation-format.md */
export const MAGIC = [0xf3, 0x89, 0x9a, 0xc2] as const;
/** An aggregate ends with the MD5 sum of its protobuf message. */
export const DIGEST_BYTES = 16;

/** Field numbers of the protobuf message AggregatedRecord. */
export const FIELDS = { keys: 1, hashKeys: 2, parts: 3 } as const;
/** Field numbers of its message Record. `key` and `hashKey` are indices into the lists of the aggregate. */
export const PART_FIELDS = { key: 1, hashKey: 2, data: 3 } as const;
