import { Tensor } from 'onnxruntime-node';
import type { Column } from './feature-cell.ts';
import type { FeatureColumns } from './feature-columns.ts';

/** Inputs of the graph for the rows from `start` to before `end`, by name. */
export type GraphFeeds = (features: FeatureColumns, start: number, end: number) => Record<string, Tensor>;

/** A tensor `[N, 1]` for each column. */
export function columnFeeds(names: readonly string[]): GraphFeeds {
  return ({ columns }, start, end) => {
    const feeds: Record<string, Tensor> = {};
    names.forEach((name, index) => {
      feeds[name] = columnTensor(columns[index] as Column, start, end);
    });
    return feeds;
  };
}

/** One tensor `[N, F]`. */
export function matrixFeeds(name: string): GraphFeeds {
  return ({ matrix, stride }, start, end) => ({
    [name]: new Tensor('float32', (matrix as Float32Array).subarray(start * stride, end * stride), [
      end - start,
      stride,
    ]),
  });
}

function columnTensor(column: Column, start: number, end: number): Tensor {
  const shape = [end - start, 1];
  return column instanceof Float32Array
    ? new Tensor('float32', column.subarray(start, end), shape)
    : new Tensor('string', column.slice(start, end), shape);
}
