/** Which of `lanes` a partition key belongs to: FNV-1a, so that it has nothing to do with Kinesis' own placing by MD5. */
export function keyLane(partitionKey: string, lanes: number): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < partitionKey.length; index++) {
    hash = Math.imul(hash ^ partitionKey.charCodeAt(index), 0x01000193);
  }
  return (hash >>> 0) % lanes;
}
