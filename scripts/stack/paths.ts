import { fileURLToPath } from 'node:url';

export const repositoryRoot = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

/** `make setup` creates this directory with uv. */
export const trainingBin = `${repositoryRoot}/jobs/training/.venv/bin`;
