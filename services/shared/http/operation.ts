import type { z } from 'zod';

/** One thing that a client can ask for, under one path or more. Server, reference page and OpenAPI document share it. */
export interface HttpOperation {
  readonly method: 'GET' | 'POST';
  /** As in express: `/v2/models/:model`. Further paths do the same for one version. */
  readonly paths: readonly [string, ...string[]];
  readonly summary: string;
  /** Paragraphs and lists below the table of answers. */
  readonly notes?: readonly string[];
  readonly answers: readonly HttpAnswer[];
  readonly bodies?: readonly HttpBody[];
  /** What a client sends and gets. A test sends it. */
  readonly examples?: readonly HttpExample[];
}

interface HttpAnswer {
  readonly status: number;
  readonly when: string;
}

export interface HttpBody {
  readonly title: string;
  readonly schema: z.ZodType;
}

export interface HttpExample {
  readonly title: string;
  /** Path without parameters. @default the operation's first path */
  readonly path?: string;
  readonly request?: unknown;
  readonly status: number;
  readonly answer: unknown;
}
