import { DeleteObjectsCommand, ListObjectVersionsCommand, type S3Client } from '@aws-sdk/client-s3';

/**
 * Deletes every version of every object of a bucket, 1,000 at a time.
 * @returns how many were deleted; 0 if there is no such bucket
 * @throws Error that names the first object that S3 did not delete
 */
export async function emptyBucket(
  client: S3Client,
  bucket: string,
  say: (text: string) => void,
): Promise<number> {
  let deleted = 0;
  for (;;) {
    const keys = await someVersions(client, bucket);
    if (keys.length === 0) return deleted;
    const { Errors } = await client.send(
      new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects: keys, Quiet: true } }),
    );
    const [problem] = Errors ?? [];
    if (problem) throw new Error(`s3://${bucket}/${problem.Key} cannot be deleted: ${problem.Message}`);
    deleted += keys.length;
    say(`s3://${bucket}: ${deleted} versions deleted`);
  }
}

async function someVersions(
  client: S3Client,
  bucket: string,
): Promise<{ Key: string | undefined; VersionId: string | undefined }[]> {
  try {
    const page = await client.send(new ListObjectVersionsCommand({ Bucket: bucket, MaxKeys: 1_000 }));
    return [...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])].map(({ Key, VersionId }) => ({
      Key,
      VersionId,
    }));
  } catch (error) {
    if ((error as Error).name === 'NoSuchBucket') return [];
    throw error;
  }
}
