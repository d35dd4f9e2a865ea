import { execFileSync } from 'node:child_process';

/** Paths of a key and a certificate in PEM. */
export interface CertificateFiles {
  readonly key: string;
  readonly certificate: string;
}

/** Node cannot make certificates, so openssl does. Windows and slim images have none. */
export function hasOpenssl(): boolean {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Makes a certificate for a server on loopback, in an existing directory. AWS also signs by ECDSA on P-256 if a client can. */
export function selfSignedCertificate(directory: string): CertificateFiles {
  const files = { key: `${directory}/key.pem`, certificate: `${directory}/certificate.pem` };
  const args = [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-days',
    '1',
  ];
  const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
  execFileSync('openssl', [...args, ...subject, '-keyout', files.key, '-out', files.certificate], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  return files;
}
