import { fileURLToPath } from 'node:url';

export const repositoryRoot = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

/** Made by `make setup` (uv sync). */
export const trainingBin = `${repositoryRoot}/jobs/training/.venv/bin`;
