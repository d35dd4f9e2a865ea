import { Visitor } from '@swc/core/Visitor.js';

// dependency-cruiser reads TypeScript with swc, because it does not support TypeScript 7.
// Its visitor stops at `using` declarations, which swc's own base class does not know yet.
const visitStatement = Visitor.prototype.visitStatement;
Visitor.prototype.visitStatement = function (statement) {
  if (statement.type !== 'UsingDeclaration') return visitStatement.call(this, statement);
  this.visitVariableDeclarators(statement.decls);
  return statement;
};

/** Every folder of this repository that holds TypeScript. */
const LOCAL = '^(services|operators|charts|infrastructure|scripts|test)/';

/** A part may import only itself and the allowed parts of this repository. */
function layer(part, allowed) {
  return {
    name: `layer-${part.replace('/', '-')}`,
    comment: `${part} may import only ${['itself', ...allowed].join(', ')}.`,
    severity: 'error',
    from: { path: `^${part}/` },
    to: { path: LOCAL, pathNot: [part, ...allowed].map((home) => `^${home}/`) },
  };
}

/** A room must not import the forbidden rooms. */
function room(path, forbidden, why) {
  return {
    name: `room-${path.replaceAll('/', '-')}`,
    comment: why,
    severity: 'error',
    from: { path: `^${path}/` },
    to: { path: forbidden.map((beside) => `^${beside}`) },
  };
}

export default {
  forbidden: [
    layer('services/shared', []),
    layer('services/stream', ['services/shared']),
    layer('services/inference', ['services/shared', 'services/stream']),
    layer('operators/rollout', ['services/shared']),
    layer('infrastructure', ['services/shared']),
    layer('charts', ['services/shared', 'infrastructure']),
    layer('scripts', ['services', 'operators', 'charts', 'infrastructure']),

    room(
      'operators/rollout/decision',
      ['operators/rollout/(?!decision/)'],
      'A decision is pure. It gets observations as values, and imports no file that observes or acts.',
    ),
    room(
      'services/inference/model',
      ['services/inference/(decision|http)/'],
      'A model knows neither records nor requests.',
    ),
    room(
      'services/inference/decision',
      ['services/inference/http/'],
      'A decision does not know by which transport it was asked for.',
    ),
    room(
      'services/stream/client',
      ['services/stream/[^/]+/(?<!client/)'],
      'The client speaks to Kinesis. It does not know the rooms that use it.',
    ),
    ...['read', 'write', 'kpl', 'lease'].map((name) =>
      room(
        `services/stream/${name}`,
        ['services/stream/(group|shard)/'],
        'Readers, writers and leases do not know the consumer that combines them.',
      ),
    ),

    {
      name: 'charts-know-no-aws-cdk',
      comment:
        'Manifests are made from settings, names and outputs of infrastructure/. They need no AWS CDK.',
      severity: 'error',
      from: { path: '^charts/' },
      to: {
        path: '^infrastructure/',
        pathNot: '^infrastructure/(environments|environment-schema|names|outputs|permissions)\\.ts$',
      },
    },
    {
      name: 'doors-of-the-stream-library',
      comment:
        'Services and scripts import the top files of services/stream and kpl/aggregate.ts. The rooms are private, ' +
        'except to the tools in scripts/stream, which look at leases and shards and change them.',
      severity: 'error',
      from: { path: LOCAL, pathNot: '^(services/stream|scripts/stream|test)/' },
      to: { path: '^services/stream/.+/', pathNot: '^services/stream/kpl/aggregate\\.ts$' },
    },
    {
      name: 'tests-are-entered-by-nobody',
      comment: 'Put what test files share into test/support.',
      severity: 'error',
      from: {},
      to: { path: '\\.test\\.ts$' },
    },
    {
      name: 'entry-points-are-entered-by-nobody',
      comment: 'An entry point reads the environment and starts at once, so no file can import it.',
      severity: 'error',
      from: {},
      to: { path: '^(services|operators)/.+/(main|verify)\\.ts$' },
    },
    {
      name: 'no-circle',
      comment: 'Files that import each other, be it types alone, cannot be read or tested one at a time.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-development-package-in-production',
      comment: 'Images hold only dependencies. Move the package from devDependencies to dependencies.',
      severity: 'error',
      from: { path: '^(services|operators|scripts/(command-line|install|kinesis|kinesis-e2e|stream))' },
      to: { dependencyTypes: ['npm-dev'] },
    },
    {
      name: 'no-undeclared-package',
      comment: 'Name the package in package.json: another package that needs it may drop it at any time.',
      severity: 'error',
      from: {},
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'no-missing-file',
      comment: 'Correct the path: no file or package answers to this import.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    parser: 'swc',
    doNotFollow: { path: ['node_modules'] },
    exclude: { path: '(^|/)cdk\\.out/' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      mainFields: ['main', 'types'],
    },
  },
};
