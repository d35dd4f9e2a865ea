import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { parseAllDocuments } from 'yaml';
import { type RunProgram, runProgram } from '../../scripts/programs/run-program.ts';
import { startKubeApiServer } from '../../scripts/stack/kube-api-server.ts';
import { repositoryRoot } from '../../scripts/stack/paths.ts';
import { KubernetesClient } from '../../services/shared/kubernetes/kubernetes-client.ts';
import type { KubernetesObject } from '../../services/shared/kubernetes/objects.ts';
import { thirdPartyDefinitions } from '../support/third-party-definitions.ts';
import { kubeconform } from './kubeconform.ts';
import {
  type CustomResourceDefinition,
  type OpenApiDocument,
  SCHEMA_NAMES,
  type SchemaFiles,
  schemasOfApi,
  schemasOfDefinition,
} from './manifest-schemas.ts';

const SCAN_SECONDS = 60;

interface Document {
  readonly apiVersion: string;
  readonly kind: string;
}

/**
 * Compares every manifest with the schema of its kind: those of the API server that the tests use, and those of the
 * definitions. @throws Error with what kubeconform says
 */
export async function scanSchemas(run: RunProgram = runProgram): Promise<string> {
  const program = await kubeconform();
  const files = globSync('k8s/*/*.yaml', { cwd: repositoryRoot }).sort();
  const documents = files.flatMap((file) => documentsIn(`${repositoryRoot}/${file}`));
  const definitions = [
    ...documents.filter(isDefinition),
    ...(await thirdPartyDefinitions(run)).flatMap(documentsIn).filter(isDefinition),
  ];
  const folder = mkdtempSync(`${tmpdir()}/schemas-`);
  try {
    for (const definition of definitions) write(folder, schemasOfDefinition(definition));
    const defined = new Set(definitions.map(({ spec }) => spec.group));
    const versions = new Set(documents.map(({ apiVersion }) => apiVersion));
    const built = [...versions].filter((version) => !defined.has(version.split('/')[0] ?? ''));
    for (const document of await apiDocuments(built)) write(folder, schemasOfApi(document));
    const { code, stdout, stderr } = await run(
      program,
      ['-strict', '-summary', `-schema-location=${folder}/${SCHEMA_NAMES}`, ...files],
      { timeoutSeconds: SCAN_SECONDS, workingDirectory: repositoryRoot },
    );
    if (code !== 0) throw new Error(`${stdout}${stderr}`.trim());
    return stdout.trim();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function write(folder: string, schemas: SchemaFiles): void {
  for (const [name, schema] of schemas) writeFileSync(`${folder}/${name}`, JSON.stringify(schema));
}

function documentsIn(path: string): Document[] {
  return parseAllDocuments(readFileSync(path, 'utf8')).map((document) => document.toJS() as Document);
}

function isDefinition(document: Document): document is Document & CustomResourceDefinition {
  return document.kind === 'CustomResourceDefinition';
}

/** What a real API server says about groups and versions such as `v1` and `apps/v1`. */
async function apiDocuments(versions: readonly string[]): Promise<OpenApiDocument[]> {
  await using server = await startKubeApiServer();
  const client = new KubernetesClient({ kubeConfig: server.kubeConfig });
  try {
    const documents: OpenApiDocument[] = [];
    for (const version of versions) {
      const path = version.includes('/') ? `apis/${version}` : `api/${version}`;
      documents.push(await client.get<OpenApiDocument & KubernetesObject>(`/openapi/v3/${path}`));
    }
    return documents;
  } finally {
    await client.close();
  }
}
