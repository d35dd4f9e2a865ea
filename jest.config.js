const shared = {
  testEnvironment: '<rootDir>/test/support/jest-environment.js',
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
        module: { type: 'es6' },
        sourceMaps: 'inline',
      },
    ],
  },
  modulePathIgnorePatterns: [
    '<rootDir>/dist/',
    '<rootDir>/.bench/',
    '<rootDir>/.demo/',
    '<rootDir>/.local/',
    '<rootDir>/jobs/',
  ],
};

export default {
  // Real servers start and stop in tests and hooks; on a busy machine that takes its time.
  testTimeout: 60_000,
  projects: [
    { ...shared, displayName: 'unit', testMatch: ['<rootDir>/test/unit/**/*.test.ts'] },
    {
      ...shared,
      displayName: 'integration',
      testMatch: ['<rootDir>/test/integration/**/*.test.ts'],
      globalSetup: '<rootDir>/test/support/jest-global-setup.ts',
      globalTeardown: '<rootDir>/test/support/jest-global-teardown.ts',
    },
    { ...shared, displayName: 'images', testMatch: ['<rootDir>/test/images/**/*.test.ts'] },
  ],
};
