import { z } from 'zod';

const shape = z.array(z.int()).describe('Rows first. -1 in metadata: any number.');

const tensorMetadata = z.object({
  name: z.string(),
  datatype: z.string().describe('Name of the Open Inference Protocol, for example FP32.'),
  shape,
});

/** An error below `/v2`. */
export const protocolErrorSchema = z
  .object({ error: z.string().describe('One sentence that names value and rule.') })
  .meta({ title: 'ProtocolError' });

export const serverMetadataSchema = z
  .object({ name: z.string(), version: z.string(), extensions: z.array(z.string()) })
  .meta({ title: 'ServerMetadata' });

export const liveSchema = z
  .object({
    live: z.boolean(),
    stalled: z.array(z.string()).optional().describe('Loops that a restart would help.'),
  })
  .meta({ title: 'Live' });

export const serverReadySchema = z.object({ ready: z.boolean() }).meta({ title: 'ServerReady' });

export const modelMetadataSchema = z
  .object({
    name: z.string(),
    versions: z.array(z.string()),
    platform: z.string(),
    inputs: z.array(tensorMetadata),
    outputs: z.array(tensorMetadata),
  })
  .meta({ title: 'ModelMetadata' });

export const modelReadySchema = z
  .object({
    name: z.string(),
    version: z.string().optional().describe('Present if the path names a version.'),
    ready: z.boolean(),
    state: z.enum(['ready', 'loading', 'failed']),
    reason: z.string().optional().describe('Why the version failed.'),
    digest: z.string().optional().describe('Digest of the files that are loaded.'),
  })
  .meta({ title: 'ModelReady' });

export const inferenceResponseSchema = z
  .object({
    model_name: z.string(),
    model_version: z.string(),
    id: z.string().optional().describe('As sent.'),
    outputs: z.array(tensorMetadata.extend({ data: z.array(z.unknown()).optional().describe('Row-major.') })),
  })
  .meta({ title: 'InferenceResponse' });

const dependencyState = z.object({
  state: z.enum(['ok', 'degraded', 'waiting', 'blocked']),
  message: z.string().optional(),
});

export const readySchema = z
  .object({
    ready: z.boolean(),
    model: z
      .object({ name: z.string(), version: z.string(), runId: z.string(), digest: z.string() })
      .optional()
      .describe('The stable model.'),
    dependencies: z.record(z.string(), dependencyState),
  })
  .meta({ title: 'Ready' });
