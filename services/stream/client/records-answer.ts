import { parsePlainRecordsAnswer } from './plain-records-answer.ts';
import { scanRecordsAnswer } from './records-scan.ts';
import type { ReadResult } from './stream-client.ts';

/**
 * Parses the response of GetRecords.
 * @param nowMilliseconds stands for the time of arrival if a record has none, because the API does not promise one
 * @throws if the answer is not JSON, or if a member that the API promises is missing or of another type
 */
export function parseRecordsAnswer(body: Buffer, nowMilliseconds: number): ReadResult {
  return scanRecordsAnswer(body, nowMilliseconds) ?? parsePlainRecordsAnswer(body, nowMilliseconds);
}
