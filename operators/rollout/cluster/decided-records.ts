import { INFERENCE_METRICS } from '../../../services/shared/agreements/metric-names.ts';

const MAXIMUM_CHARACTERS = 1_048_576;

/** Whether the text of `/metrics` counts a decided record of the version. Reads 1 MiB at most. */
export async function countsDecisions(body: AsyncIterable<Uint8Array>, version: string): Promise<boolean> {
  const decoder = new TextDecoder();
  let rest = '';
  let read = 0;
  for await (const chunk of body) {
    read += chunk.length;
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    if (lines.some((line) => isDecision(line, version))) return true;
    if (read > MAXIMUM_CHARACTERS) return false;
  }
  return isDecision(rest, version);
}

function isDecision(line: string, version: string): boolean {
  if (!line.startsWith(`${INFERENCE_METRICS.decisions}{`)) return false;
  const end = line.lastIndexOf('}');
  const labels = line.slice(INFERENCE_METRICS.decisions.length + 1, end).split(',');
  return (
    labels.includes(`model_version="${version}"`) &&
    Number(
      line
        .slice(end + 1)
        .trim()
        .split(' ')[0],
    ) > 0
  );
}
