export interface FakeRecord {
  readonly sequenceNumber: string;
  readonly arrivalMilliseconds: number;
  readonly partitionKey: string;
  readonly bytes: number;
  /** JSON of the record in GetRecords. It is made once, so that a benchmark does not measure the fake. */
  readonly json: string;
}

export function fakeRecord(
  sequenceNumber: string,
  arrivalMilliseconds: number,
  partitionKey: string,
  dataBase64: string,
): FakeRecord {
  const padding = dataBase64.endsWith('==') ? 2 : dataBase64.endsWith('=') ? 1 : 0;
  const json = `{"ApproximateArrivalTimestamp":${arrivalMilliseconds / 1000},"Data":"${dataBase64}","PartitionKey":${JSON.stringify(partitionKey)},"SequenceNumber":"${sequenceNumber}"}`;
  return {
    sequenceNumber,
    arrivalMilliseconds,
    partitionKey,
    bytes: (dataBase64.length / 4) * 3 - padding,
    json,
  };
}
