/** Bucket and prefix for objects in S3. Object keys are the prefix and a path, without escapes. */
export const OBJECT_PREFIX = {
  pattern: /^s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](\/[\w.=-]+)*\/?$/,
  rule: 'must be s3://BUCKET or s3://BUCKET/PREFIX; a prefix has letters, digits, _ . = - and /',
} as const;
