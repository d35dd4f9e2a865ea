import { z } from 'zod';
import { IMAGE_TAG } from '../../charts/image-tag.ts';
import { IMAGES } from '../../infrastructure/names.ts';
import { repositoryRoot } from '../stack/paths.ts';
import type { Installation } from './installation.ts';

/** Builds and pushes what the registry does not have. A tag never changes there, so a second push would fail. */
export async function pushImages(installation: Installation): Promise<string> {
  const { environment, outputs, shell, platforms } = installation;
  if (platforms === undefined) return 'left out: --skip-images';
  const [registry = ''] = outputs.data.Registry.split('/');
  const missing = await missingImages(installation);
  const there = IMAGES.filter((image) => !missing.includes(image));
  const skipped =
    there.length === 0
      ? ''
      : `${there.join(', ')}: not built, because ${IMAGE_TAG} is in the registry. After a change of their code give charts/image-tag.ts a new tag`;
  if (missing.length === 0) return skipped;
  const password = await shell.read('aws', ['ecr', 'get-login-password', '--region', environment.region]);
  await shell.run('docker', ['login', '--username=AWS', '--password-stdin', registry], { input: password });
  await shell.run(
    process.execPath,
    [
      `${repositoryRoot}/scripts/images/main.ts`,
      // Their tag is that of the manifests. EKS needs no emulator of Kinesis.
      `--manifests=${repositoryRoot}/k8s/eks`,
      `--prefix=${outputs.data.Registry}`,
      '--push',
    ],
    { environment: { IMAGES: missing.join(','), PLATFORMS: platforms, TAG: IMAGE_TAG } },
  );
  const pushed = `${missing.join(', ')}: pushed to ${outputs.data.Registry} for ${platforms}`;
  return [pushed, skipped].filter((line) => line !== '').join('\n');
}

async function missingImages({ environment, outputs, shell }: Installation): Promise<readonly string[]> {
  const path = outputs.data.Registry.split('/').slice(1).join('/');
  const missing: string[] = [];
  for (const image of IMAGES) {
    // Other than describe-images, this call succeeds if there is no such tag.
    const found = await shell.read('aws', [
      ...['ecr', 'batch-get-image', '--region', environment.region],
      ...['--repository-name', `${path}/${image}`, '--image-ids', `imageTag=${IMAGE_TAG}`],
      ...['--query', 'images[].imageId.imageTag', '--output', 'json'],
    ]);
    if (z.array(z.string()).parse(JSON.parse(found)).length === 0) missing.push(image);
  }
  return missing;
}
