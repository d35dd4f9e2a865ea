import { InferenceSession } from 'onnxruntime-node';

/**
 * Loads a graph.
 * @param externalData weights in other files, by the location that the graph names
 * @throws Error if onnxruntime cannot read the graph
 */
export function openSession(
  graph: Uint8Array,
  externalData: ReadonlyMap<string, Uint8Array>,
): Promise<InferenceSession> {
  return InferenceSession.create(graph, {
    // Batches are small: to wake a second thread costs more than the thread saves.
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    logSeverityLevel: 3,
    // onnxruntime-node 1.30 drops a leading `./` of the path, and then misses the location that has it.
    externalData: [...externalData].map(([location, data]) => ({
      path: location.startsWith('./') ? `./${location}` : location,
      data,
    })),
  });
}
