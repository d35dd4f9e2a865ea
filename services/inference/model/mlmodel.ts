import { parse } from 'yaml';
import { z } from 'zod';
import { ModelLoadError } from './model-load-error.ts';

const columnSchema = z.object({ type: z.string(), name: z.string().optional() });

const mlmodelSchema = z.object({
  run_id: z.string().nullish(),
  flavors: z.object({ onnx: z.object({ data: z.string() }) }),
  signature: z.object({ inputs: z.string().nullish() }).nullish(),
});

/** The members of the `MLmodel` file that a server needs. */
export interface Mlmodel {
  /** Path of the ONNX graph, relative to the artifact root. */
  readonly graphPath: string;
  /** Names of the signature's columns, in order. Empty for a tensor-based signature, or without a signature. */
  readonly columns: readonly string[];
}

/** @throws ModelLoadError (InvalidArtifact) */
export function parseMlmodel(text: string): Mlmodel {
  try {
    const { flavors, signature } = mlmodelSchema.parse(parse(text, { maxAliasCount: 0 }));
    const inputs = z.array(columnSchema).parse(JSON.parse(signature?.inputs ?? '[]'));
    const columnBased = inputs.every((input) => input.type !== 'tensor');
    return {
      graphPath: flavors.onnx.data,
      columns: columnBased ? inputs.flatMap((input) => input.name ?? []) : [],
    };
  } catch (error) {
    throw new ModelLoadError(
      'InvalidArtifact',
      'MLmodel is not that of a model logged with the onnx flavor',
      {
        cause: error,
      },
    );
  }
}
