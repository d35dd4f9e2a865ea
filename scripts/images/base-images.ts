/** An image that others build and ours begin with. */
interface BaseImage {
  /** Build argument of the Dockerfile. */
  readonly argument: string;
  readonly tag: string;
  /** Digest of the list of the images of all platforms. */
  readonly digest: string;
}

/**
 * The digests as many public Dockerfiles quoted them in September 2026. They are node:24.21.0-bookworm-slim and
 * python:3.11.16-slim-bookworm. `docker buildx imagetools inspect TAG` prints newer digests.
 */
export const BASE_IMAGES: Readonly<Record<'node' | 'python', BaseImage>> = {
  node: {
    argument: 'NODE_IMAGE',
    tag: 'node:24-bookworm-slim',
    digest: 'sha256:0e0ff40c39bc087845bfb27465a0df4ea419520094bc35842ff83dd8cbe6f9b6',
  },
  python: {
    argument: 'PYTHON_IMAGE',
    tag: 'python:3.11-slim-bookworm',
    digest: 'sha256:528257d48c1da0dcecc2e725d1ae34498d60c965f1241e39cd6a85a8859bdf84',
  },
};

/** What a build needs to know about a base image. */
export interface BaseImageFacts {
  /** Name that the user gave. */
  readonly chosen: string | undefined;
  /** Whether the engine holds an image of this tag that came from no registry, so that no digest leads to it. */
  readonly madeHere: boolean;
}

/** Reference for the build argument: what the user chose, else this machine's own image by its tag, else the digest. */
export function baseImageReference(kind: 'node' | 'python', { chosen, madeHere }: BaseImageFacts): string {
  const { tag, digest } = BASE_IMAGES[kind];
  if (chosen !== undefined) return chosen;
  return madeHere ? tag : `${tag}@${digest}`;
}
