import type { z } from 'zod';
import type { ServingContract } from '../contract/serving-contract.ts';

/** One thing that a client can ask for, under one path or more. Server, reference page and OpenAPI document share it. */
export interface HttpOperation {
  readonly method: 'GET' | 'POST';
  /** As in express: `/v2/models/:model`. Further paths do the same for one version. */
  readonly paths: readonly [string, ...string[]];
  readonly summary: string;
  /** Paragraphs and lists below the table of answers. */
  readonly notes?: readonly string[];
  readonly answers: readonly HttpAnswer[];
  /** What the body may be: one of these. */
  readonly bodies?: readonly HttpBody[];
  /** True if an empty body has a meaning too. @default false */
  readonly bodyMayBeEmpty?: boolean;
  /** What a client sends and gets. A test sends it. */
  readonly examples?: readonly HttpExample[];
}

/** A schema of JSON Schema 2020-12. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** A schema, or how it follows from the loaded model. Without a model it is as wide as any model needs. */
export type HttpSchema = z.ZodType | ((contract: ServingContract | undefined) => z.ZodType | JsonSchema);

export interface HttpAnswer {
  readonly status: number;
  readonly when: string;
  /** What the body is: one of these. @default the error form of the path, from 400 on */
  readonly schema?: HttpSchema | readonly HttpSchema[];
  /** @default application/json */
  readonly mediaType?: string;
  /** Another media type of the answer, for a client that asks for it. */
  readonly otherMediaType?: string;
}

export interface HttpBody {
  readonly title: string;
  readonly schema: HttpSchema;
  /** A body that a service with the model answers. @default the examples of the schema */
  readonly example?: (contract: ServingContract) => unknown;
}

export interface HttpExample {
  readonly title: string;
  /** Path without parameters. @default the operation's first path */
  readonly path?: string;
  readonly request?: unknown;
  readonly status: number;
  readonly answer: unknown;
}

/** Operations that belong together. */
export interface OperationGroup {
  readonly name: string;
  readonly description: string;
  readonly operations: readonly HttpOperation[];
}
