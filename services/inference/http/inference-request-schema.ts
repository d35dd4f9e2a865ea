import { z } from 'zod';

/** Characters of the id, which the answer repeats. */
const ID_CHARACTERS = 65_536;

const sentInputSchema = z.object({
  name: z
    .string()
    .describe('Name of an input that the metadata lists, or its other name in the graph or in MLmodel.'),
  shape: z
    .array(z.number().int().min(0))
    .max(8)
    .describe('Rows first. A column [N, 1] may be sent as [N]. A scalar has the shape [].'),
  datatype: z.string().describe('BYTES for text. A number may have any other datatype.'),
  data: z
    .unknown()
    .optional()
    .describe('Array of values, flat or nested. null means missing. Absent: the values are binary data.'),
  parameters: z
    .looseObject({
      binary_data_size: z
        .number()
        .int()
        .min(0)
        .nullish()
        .describe('Bytes of the binary data of this input. Only without `data`.'),
    })
    .nullish()
    .describe('Other parameters are not read.'),
});

const wantedOutputSchema = z.object({
  name: z.string().max(256).describe('Name of an output that the metadata lists.'),
  parameters: z
    .looseObject({
      binary_data: z
        .boolean()
        .nullish()
        .describe('Whether this output is answered as binary data. Absent: as `binary_data_output` says.'),
    })
    .nullish()
    .describe('Other parameters are not read.'),
});

export const inferenceRequestSchema = z.object({
  id: z.string().max(ID_CHARACTERS).nullish().describe('The answer repeats it.'),
  parameters: z
    .looseObject({
      binary_data_output: z
        .boolean()
        .nullish()
        .describe('Whether outputs are answered as binary data. Absent: as JSON.'),
    })
    .nullish()
    .describe('Other parameters are not read.'),
  inputs: z.array(sentInputSchema).min(1).max(1000).describe('Every input of the model, each once.'),
  outputs: z
    .array(wantedOutputSchema)
    .max(1000)
    .nullish()
    .describe('Outputs to return. Absent or empty: all outputs.'),
});

/** A request as its JSON says it, before the tensors are read. */
export type InferenceEnvelope = z.output<typeof inferenceRequestSchema>;
