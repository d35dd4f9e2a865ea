import { readFile } from 'node:fs/promises';

/** The bundle of one region has about ten certificates, 20 KB. */
const LONGEST = 1024 * 1024;
const TIMEOUT_MILLISECONDS = 30_000;

/**
 * The certificates by which MLflow verifies its database.
 * Source: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.SSL.html
 * @param file a file that holds them; undefined: they are downloaded for `region`
 * @throws Error that says how to give the file
 */
export async function databaseAuthority(
  region: string,
  file: string | undefined,
  download: typeof fetch = fetch,
): Promise<string> {
  const source = file ?? bundleUrl(region);
  const text = file === undefined ? await downloaded(source, download) : await readFile(file, 'utf8');
  if (text.includes('-----BEGIN CERTIFICATE-----')) return text;
  throw new Error(`${source} holds no certificate. Give the certificates with --authority FILE.`);
}

function bundleUrl(region: string): string {
  const [host, path] = region.startsWith('cn-')
    ? ['rds-truststore.s3.cn-north-1.amazonaws.com.cn', 'global/global-bundle.pem']
    : region.startsWith('us-gov-')
      ? ['truststore.pki.us-gov-west-1.rds.amazonaws.com', `${region}/${region}-bundle.pem`]
      : ['truststore.pki.rds.amazonaws.com', `${region}/${region}-bundle.pem`];
  return `https://${host}/${path}`;
}

async function downloaded(url: string, download: typeof fetch): Promise<string> {
  try {
    const response = await download(url, { signal: AbortSignal.timeout(TIMEOUT_MILLISECONDS) });
    if (!response.ok) throw new Error(`HTTP status ${response.status}`);
    const length = Number(response.headers.get('content-length') ?? Number.NaN);
    if (!(length <= LONGEST)) throw new Error(`it announces ${length} bytes; at most ${LONGEST} are read`);
    return await response.text();
  } catch (error) {
    throw new Error(
      `${url} cannot be downloaded: ${(error as Error).message}. Give the certificates with --authority FILE.`,
      { cause: error },
    );
  }
}
