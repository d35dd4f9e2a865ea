import { processMemory } from '../../services/inference/model/memory.ts';
import { downloadModelArtifact } from '../../services/inference/model/model-artifact.ts';
import { ModelLoadError } from '../../services/inference/model/model-load-error.ts';
import { CARD_TAG, DIGEST_TAG } from '../../services/shared/agreements/version-tags.ts';
import { artifactDigest } from '../../services/shared/contract/digest.ts';
import type { ModelRegistry } from '../../services/shared/mlflow/model-registry.ts';
import { printable } from '../../services/shared/printable.ts';
import { Refusal } from '../command-line/usage-error.ts';

/** What is known about the files of a version. */
export interface VersionFiles {
  /** Digest that its files have. If they cannot be read, it is that of the tag. */
  readonly digest: string;
  /** Undefined: the files were not read. */
  readonly files:
    | {
        readonly count: number;
        readonly bytes: number;
        /** Whether they have the digest of the tag. True if there is no tag. */
        readonly areThoseOfTag: boolean;
      }
    | undefined;
  /** Digest of the model card. Undefined if there is none, or if it is not that of the tag. */
  readonly card: string | undefined;
  /** Why files or card are not as they were registered, or are not known. */
  readonly problems: readonly string[];
}

/** `refuse`: a person who signs that a version may serve must know its files. `tell`: one who looks or rejects need not. */
export type OnProblem = 'refuse' | 'tell';

const DIGEST = /^sha256:[0-9a-f]{64}$/;

/** Files of the model card, beside the model. */
const CARD_FILES = ['card.md', 'card.html'];
const CARD_LIMIT_BYTES = 16 * 1024 * 1024;
const EMPTY = new Uint8Array();

/** Downloads files and card, and compares them with the tags. @throws Refusal, RegistryError */
export async function filesOfVersion(
  registry: ModelRegistry,
  { model, version, tags }: { model: string; version: string; tags: Readonly<Record<string, string>> },
  onProblem: OnProblem,
): Promise<VersionFiles> {
  const problems: string[] = [];
  const handle = (error: unknown) => {
    if (onProblem === 'refuse') throw error;
    problems.push((error as Error).message);
  };
  let card: string | undefined;
  try {
    card = await cardOf(registry, model, version, tags[CARD_TAG]);
  } catch (error) {
    handle(error);
  }
  const tag = tags[DIGEST_TAG];
  let contents: ReadonlyMap<string, Uint8Array>;
  try {
    contents = await modelFiles(registry, model, version);
  } catch (error) {
    if (tag === undefined || !DIGEST.test(tag)) throw error;
    handle(error);
    return { digest: tag, files: undefined, card, problems };
  }
  const digest = artifactDigest(contents);
  const areThoseOfTag = tag === undefined || tag === digest;
  if (!areThoseOfTag)
    handle(
      new Refusal(
        `the files of version ${version} have the digest ${digest}, and its tag ${DIGEST_TAG} says ${printable(tag ?? '')}: they were changed after the registration. Register the model again`,
      ),
    );
  const bytes = [...contents.values()].reduce((sum, content) => sum + content.length, 0);
  return { digest, files: { count: contents.size, bytes, areThoseOfTag }, card, problems };
}

async function modelFiles(registry: ModelRegistry, model: string, version: string) {
  try {
    return (await downloadModelArtifact(registry, model, version, processMemory)).files;
  } catch (error) {
    if (error instanceof ModelLoadError) throw new Refusal(`${error.reason}: ${error.message}`);
    throw error;
  }
}

/** The digest of the model card, which is the page and its text. */
async function cardOf(registry: ModelRegistry, model: string, version: string, tag: string | undefined) {
  if (tag === undefined) return undefined;
  const contents = await Promise.all(
    CARD_FILES.map((file) => registry.downloadArtifact(model, version, file, CARD_LIMIT_BYTES)),
  );
  const digest = artifactDigest(new Map(CARD_FILES.map((file, index) => [file, contents[index] ?? EMPTY])));
  if (digest === tag) return digest;
  throw new Refusal(
    `the model card of version ${version} has the digest ${digest}, and its tag ${CARD_TAG} says ${printable(tag)}: it was changed after the registration. Register the model again`,
  );
}
