/** A published archive with etcd, kube-apiserver and kubectl. */
export interface EnvtestRelease {
  /** For example `v1.34.1`. */
  readonly version: string;
  /** SHA-512 of the archive in hexadecimal, by platform (`linux-amd64`). */
  readonly sha512: Readonly<Record<string, string>>;
}

export const ENVTEST_BASE_URL = 'https://github.com/kubernetes-sigs/controller-tools/releases/download';

/**
 * The newest published archive of Kubernetes 1.34. The Go build of `source/` has v1.34.4. Both will do, because only the
 * minor version matters.
 */
export const ENVTEST_RELEASE: EnvtestRelease = {
  version: 'v1.34.1',
  sha512: {
    'darwin-amd64':
      'd9e0464dc1708c36ab41147b5e364c8b8e201eafc14c299dcbe58ebeaa82c651b8e834647167a951ded8c6d08c616aadbae1673a54743f9c8fa15a278c78c0c0',
    'darwin-arm64':
      '43d7c10b74100d20044df7c73be03e26f8243a9cb7c1d3035e581ee7bb0c7ffcaf759b9e182186b5bb2f47d1608835414ca443181a02d9ecb6c9cf04b43e3809',
    'linux-amd64':
      'c5e7c237ae18a8c65d0df1214b864ecd19aa9ff4f1383dbd477c202546d778c0f74efe15750ec38f57d8de26ba17cd62f404446cdd3c975399a5d4589de35cdd',
    'linux-arm64':
      'bf13d2456183e66d084e28e1c9eed6a408fb77a06d8d1fd0461a7d9bc0c90b63d29ea67870b28f80d1f992acb026007d6f43987753c859c81d6a78bc1ca2c903',
  },
};
