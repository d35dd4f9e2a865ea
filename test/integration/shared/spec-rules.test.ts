import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type KubeApiServer, startKubeApiServer } from '../../../scripts/stack/kube-api-server.ts';
import { serveModelDeployments } from '../../../scripts/stack/serve-model-deployments.ts';
import { KubernetesClient } from '../../../services/shared/kubernetes/kubernetes-client.ts';
import { modelDeploymentCrd } from '../../../services/shared/model-deployment/crd.ts';
import {
  type ModelDeployment,
  modelDeploymentPath,
} from '../../../services/shared/model-deployment/model-deployment.ts';
import { until } from '../../support/until.ts';

const PATH = modelDeploymentPath('default');
const STEP = { weightPercent: 10 };
const BASE = {
  model: 'm',
  registry: { url: 'http://mlflow:5000', alias: 'champion' },
  target: { deployment: 'inference', container: 'inference' },
  canary: { steps: [STEP] },
  analysis: { prometheus: 'http://prometheus:9090' },
};

type Spec = Readonly<Record<string, unknown>>;
type Case = [what: string, spec: Spec, message?: string];

const registry = (more: Spec): Spec => ({ ...BASE, registry: { ...BASE.registry, ...more } });
const target = (more: Spec): Spec => ({ ...BASE, target: { ...BASE.target, ...more } });
const analysis = (more: Spec): Spec => ({ ...BASE, analysis: { ...BASE.analysis, ...more } });
const queries = (...all: Spec[]): Spec =>
  analysis({ queries: all.map((query) => ({ name: 'errors', query: '1', max: 1, ...query })) });
const canary = (more: Spec): Spec => ({ ...BASE, canary: { ...BASE.canary, ...more } });
const without = (...keys: (keyof typeof BASE)[]): Spec =>
  Object.fromEntries(Object.entries(BASE).filter(([key]) => !(keys as string[]).includes(key)));

let api: KubeApiServer;
let client: KubernetesClient;

beforeAll(async () => {
  api = await startKubeApiServer();
  client = new KubernetesClient({ kubeConfig: api.kubeConfig });
  await serveModelDeployments(client, withoutRules(modelDeploymentCrd()));
}, 120_000);

afterAll(async () => {
  await client?.close();
  await api?.stop();
}, 30_000);

/** The CRD of a release that knew none of the rules. */
function withoutRules<T>(schema: T): T {
  return JSON.parse(
    JSON.stringify(schema, (key, value) =>
      key === 'x-kubernetes-validations' || key === 'pattern' ? undefined : value,
    ),
  ) as T;
}

function object(name: string, spec: Spec): ModelDeployment {
  return {
    apiVersion: 'serving.loan-eligibility.dev/v1alpha1',
    kind: 'ModelDeployment',
    metadata: { name },
    spec,
  } as unknown as ModelDeployment;
}

function create(name: string, spec: Spec): Promise<ModelDeployment> {
  return client.create<ModelDeployment>(PATH, object(name, spec));
}

/** What an earlier release took, each against another rule. */
const OUTDATED: Case[] = [
  ['port', registry({ url: 'http://mlflow:50000000' })],
  ['user', registry({ url: 'http://user:password@mlflow:5000' })],
  ['alias', registry({ alias: 'V7' })],
  ['model', { ...BASE, model: 'a/b' }],
  ['queries', analysis({ queries: [] })],
  ['interval', analysis({ intervalSeconds: 604_800 })],
  ['shadow', { ...without('canary'), shadow: {}, analysis: { ...BASE.analysis, intervalSeconds: 604_800 } }],
  ['soak', { ...without('canary'), analysis: { ...BASE.analysis, intervalSeconds: 604_800 } }],
  ['placeholder', queries({ query: 'up{v="{{verison}}"}' })],
  ['names', queries({}, {})],
];

describe('an object that an earlier release stored', () => {
  beforeAll(async () => {
    for (const [name, spec] of OUTDATED) await create(name, spec);
    await serveModelDeployments(client, modelDeploymentCrd());
    await until('the rules are in force', () =>
      create('probe', registry({ alias: 'Latest' })).then(
        async () => {
          await client.delete(`${PATH}/probe`);
          return false;
        },
        () => true,
      ),
    );
  }, 60_000);

  test.each(OUTDATED)('takes a status, although its %s breaks a rule of today', async (name) => {
    const stored = await client.get<ModelDeployment>(`${PATH}/${name}`);
    const written = await client.replace<ModelDeployment>(`${PATH}/${name}/status`, {
      ...stored,
      status: { phase: 'Stable' },
    });
    expect(written.status?.phase).toBe('Stable');
  });

  test.each(OUTDATED)('takes finalizers and annotations, although its %s breaks a rule', async (name) => {
    const patch = { metadata: { annotations: { 'serving.loan-eligibility.dev/retry': '1' } } };
    await expect(client.merge(`${PATH}/${name}`, patch)).resolves.toBeDefined();
  });

  test.each(OUTDATED)(
    'can be suspended and changed elsewhere, although its %s breaks a rule',
    async (name) => {
      const spec = { suspend: true, verification: { deadlineSeconds: 60 }, analysis: { failureLimit: 2 } };
      await expect(client.merge(`${PATH}/${name}?dryRun=All`, { spec })).resolves.toMatchObject({ spec });
    },
  );

  test.each<Case>([
    ['queries', { analysis: { queries: null }, canary: null }],
    ['interval', { analysis: { intervalSeconds: 60 } }],
    ['soak', { soakSeconds: 604_800 }],
  ])('can be repaired: %s', async (name, spec) => {
    await expect(client.merge(`${PATH}/${name}?dryRun=All`, { spec })).resolves.toBeDefined();
  });

  test.each<Case>([
    ['queries', { analysis: { queries: [{ name: 'a', query: ' ', max: 1 }] } }, 'must not be blank'],
    ['interval', { analysis: { intervalSeconds: 604_799 } }, 'must not exceed canary.stepDeadlineSeconds'],
    ['interval', { canary: { stepDeadlineSeconds: 1801 } }, 'must not exceed canary.stepDeadlineSeconds'],
    ['interval', { canary: null }, 'must not exceed soakSeconds'],
    ['shadow', { analysis: { intervalSeconds: 604_799 } }, 'must not exceed shadow.deadlineSeconds'],
    ['soak', { soakSeconds: 299 }, 'must not exceed soakSeconds'],
    ['alias', { analysis: { queries: [] } }, 'needs at least one query'],
    ['alias', { analysis: { intervalSeconds: 1801 } }, 'must not exceed canary.stepDeadlineSeconds'],
  ])('is held to the rules where it changes (%s)', async (name, spec, message) => {
    await expect(client.merge(`${PATH}/${name}?dryRun=All`, { spec })).rejects.toThrow(message);
  });
});

describe('the API server accepts', () => {
  test.each<Case>([
    ['the example', BASE],
    ['no canary, no shadow and no analysis', without('canary', 'analysis')],
    ['a name of the Deployment with dots', target({ deployment: 'inference.v2' })],
    ['a name of the Deployment with 253 characters', target({ deployment: `${'a'.repeat(250)}.bc` })],
    ['a name of the Deployment that starts with a digit', target({ deployment: '2-fast--2.a' })],
    ['a host of one letter', registry({ url: 'http://a' })],
    ['a host of one letter with a port', registry({ url: 'https://a:1' })],
    ['the largest port', registry({ url: 'http://a:65535' })],
    ['a host with a dot at the end', registry({ url: 'http://mlflow.lending.svc.cluster.local.:5000' })],
    ['a host in capital letters', registry({ url: 'https://MLflow.Example:8443' })],
    ['a host that starts with digits', registry({ url: 'http://1und1.de' })],
    ['a host with a label of digits', registry({ url: 'http://10.mlflow:5000' })],
    ['a host in Punycode', registry({ url: 'https://xn--mnchen-3ya.example' })],
    ['an IPv4 address', registry({ url: 'http://10.0.0.255:5000' })],
    ['an IPv6 address', registry({ url: 'http://[fd00::1]:5000' })],
    ['an IPv6 address without a port', registry({ url: 'http://[2001:db8:0:1:2:3:4:5]/mlflow' })],
    ['the IPv6 loopback', registry({ url: 'http://[::1]' })],
    ['an IPv6 address with an IPv4 address', registry({ url: 'http://[::ffff:10.0.0.1]:5000' })],
    ['a prefix path', registry({ url: 'https://tools.example/ml/flow-1_2.3~x' })],
    ['a percent-encoded path', registry({ url: 'https://tools.example:443/ml%20flow/@team:a' })],
    ['the path of a Thanos behind a prefix', analysis({ prometheus: 'http://thanos:9090/prod/query' })],
    [
      'the URL of AMP',
      analysis({ prometheus: 'https://aps-workspaces.eu-west-1.amazonaws.com/workspaces/ws-1' }),
    ],
    ['an alias that begins like a reserved alias', registry({ alias: 'v7a' })],
    ['an alias that contains a reserved alias', registry({ alias: 'latest-1' })],
    ['an alias of dashes', registry({ alias: '-_-' })],
    ['a model in another script', { ...BASE, model: 'Kredit-Prüfung 模型' }],
    ['a model of 200 characters', { ...BASE, model: 'a'.repeat(200) }],
    ['a model with quotes, dots and percent signs', { ...BASE, model: `a.b "c" 'd' 100 %` }],
    [
      'all placeholders',
      queries({ query: 'x{{{pods}},v="{{version}}{{stable}}"}[{{window}}]{{namespace}}{{deployment}}' }),
    ],
    ['the share of scoring errors', queries({ query: '100 * {{errorRatio}}' })],
    ['a query of two lines', queries({ query: 'sum(x)\n/ sum(y)' })],
    ['a query with a quantifier', queries({ query: 'x{a=~"b{2}"}' })],
    ['two queries', queries({}, { name: 'latency' })],
    ['label matchers', analysis({ matchers: 'cluster="prod",env!~"te.*|\\\\d",zone=""' })],
    ['label matchers that only name __name__', analysis({ matchers: 'a="__name__=b",my__name__="c"' })],
    ['only a minimum', analysis({ queries: [{ name: 'a', query: '1', min: 0 }] })],
    [
      'shadow without queries',
      { ...without('canary'), shadow: {}, analysis: { ...BASE.analysis, queries: [] } },
    ],
    [
      'an interval as long as the deadline',
      { ...analysis({ intervalSeconds: 60 }), canary: { steps: [STEP], stepDeadlineSeconds: 60 } },
    ],
    ['an interval above the bake time of a canary', { ...BASE, soakSeconds: 1 }],
    ['no credentials', registry({ credentials: {} })],
    ['only a private CA', registry({ credentials: { secret: 'mlflow-credentials' } })],
    ['a token', registry({ credentials: { type: 'bearer', secret: 'a.b' } })],
    ['AWS credentials', analysis({ credentials: { type: 'sigv4', region: 'eu-west-1' } })],
    ['no bake time', { ...without('canary'), soakSeconds: 0 }],
  ])('%s', async (_what, spec) => {
    const created = await create('accepted', spec);
    await client.delete(`${PATH}/accepted`);
    expect(created.metadata.uid).toBeDefined();
  });

  test('a name of 40 characters', async () => {
    await expect(create('n'.repeat(40), BASE)).resolves.toBeDefined();
  });
});

const URLS: [what: string, url: string, message: string][] = [
  ['a user and a password', 'http://user:s3cret@mlflow:5000', 'user or a password'],
  ['a user', 'http://user@mlflow:5000', 'user or a password'],
  ['an empty user', 'http://@mlflow:5000', 'user or a password'],
  ['a user with an @', 'http://a@b@mlflow', 'user or a password'],
  ['a password like a port', 'http://mlflow:5000@evil', 'user or a password'],
  ['a query', 'http://mlflow:5000/x?y=z', 'must not contain ?'],
  ['a query of another path', 'http://169.254.169.254/latest?x=', 'must not contain ?'],
  ['an empty query', 'http://mlflow?', 'must not contain ?'],
  ['a fragment', 'http://mlflow:5000#f', 'must not contain ? or #'],
  ['an empty fragment', 'http://mlflow:5000/x#', 'must not contain ? or #'],
  ['port 0', 'http://mlflow:0', 'port from 1 to 65535'],
  ['port 65536', 'http://mlflow:65536', 'port from 1 to 65535'],
  ['port 99999', 'http://a:99999', 'port from 1 to 65535'],
  ['port 50000000', 'http://mlflow:50000000', 'port from 1 to 65535'],
  ['a port that is text', 'http://p:notaport', 'port from 1 to 65535'],
  ['a port with a sign', 'http://p:-1', 'port from 1 to 65535'],
  ['a port with a fraction', 'http://p:80.5', 'port from 1 to 65535'],
  ['an empty port', 'http://p:', 'port from 1 to 65535'],
  ['two ports', 'http://p:1:2', 'port from 1 to 65535'],
  ['a bad port of an IPv6 address', 'http://[::1]:99999', 'port from 1 to 65535'],
  ['a bad port before a path', 'http://p:0/x', 'port from 1 to 65535'],
  ['percent signs as host', 'http://%%', 'must have a DNS name'],
  ['an open bracket', 'http://[x', 'must have a DNS name'],
  ['a name in brackets', 'http://[mlflow]:5000', 'must have a DNS name'],
  ['an IPv6 address without brackets', 'http://fd00::1', 'port from 1 to 65535'],
  ['an IPv6 address with two gaps', 'http://[1::2::3]', 'must have a DNS name'],
  ['an IPv6 address of nine groups', 'http://[1:2:3:4:5:6:7:8:9]', 'must have a DNS name'],
  ['an IPv6 address with a zone', 'http://[fe80::1%25eth0]', 'must have a DNS name'],
  ['no host', 'http:///mlflow', 'must have a DNS name'],
  ['only a port', 'http://:5000', 'must have a DNS name'],
  ['an empty label', 'http://mlflow..svc', 'must have a DNS name'],
  ['a dot at the start', 'http://.mlflow', 'must have a DNS name'],
  ['a hyphen at the start', 'http://-mlflow', 'must have a DNS name'],
  ['a hyphen at the end', 'http://mlflow-.svc', 'must have a DNS name'],
  ['a label of 64 characters', `http://${'a'.repeat(64)}`, 'must have a DNS name'],
  ['an underscore', 'http://ml_flow', 'must have a DNS name'],
  ['a host in another script', 'http://mlflöw', 'must have a DNS name'],
  ['an asterisk', 'http://*.example', 'must have a DNS name'],
  ['an IPv4 address out of range', 'http://10.0.0.256', 'must have a DNS name'],
  ['an IPv4 address of three parts', 'http://10.0.1', 'must have a DNS name'],
  ['an IPv4 address as one number', 'http://2130706433:5000', 'must have a DNS name'],
  ['an IPv4 address in hexadecimal', 'http://0x7f.1', 'must have a DNS name'],
  ['an IPv4 address in octal', 'http://0177.0.0.1', 'must have a DNS name'],
  ['a backslash', 'http://mlflow\\@evil', 'user or a password'],
  ['a backslash in the path', 'http://mlflow/a\\b', 'must have a path'],
  ['a step up in the path', 'http://mlflow/a/../b', 'must have a path'],
  ['an encoded step up', 'http://mlflow/%2e%2E/b', 'must have a path'],
  ['a bad percent sign', 'http://mlflow/%zz', 'must have a path'],
  ['braces in the path', 'http://mlflow/{x}', 'must have a path'],
  ['a blank', 'http://ml flow', 'should match'],
  ['a newline', 'http://mlflow\n', 'should match'],
  ['a trailing slash', 'http://mlflow/', 'should match'],
  ['no scheme', 'mlflow:5000', 'should match'],
  ['ftp', 'ftp://mlflow:5000', 'should match'],
  ['file', 'file:///etc/passwd', 'should match'],
  ['a scheme that begins with http', 'httpx://mlflow', 'should match'],
  ['one slash', 'http:/mlflow', 'should match'],
  ['no text', '', 'should match'],
  ['600 characters', `http://${'a.'.repeat(300)}a`, 'Too long'],
];

describe('the API server refuses', () => {
  test.each(URLS)('a URL of MLflow with %s', async (_what, url, message) => {
    await expect(create('refused', registry({ url }))).rejects.toThrow(message);
  });

  test.each(URLS)('a URL of Prometheus with %s', async (_what, prometheus, message) => {
    await expect(create('refused', analysis({ prometheus }))).rejects.toThrow(message);
  });

  test.each<Case>([
    ['a missing alias', registry({ alias: undefined }), 'Required'],
    ...['latest', 'Latest', 'LATEST', 'lAtEsT', 'v7', 'V7', 'v0', 'V0123456789'].map(
      (alias): Case => [`the alias ${alias}`, registry({ alias }), 'MLflow reserves'],
    ),
    ['an empty alias', registry({ alias: '' }), 'should match'],
    ['an alias with a newline', registry({ alias: 'champion\n' }), 'should match'],
    ['an alias with a slash', registry({ alias: 'a/b' }), 'should match'],
    ['a bake time below 0', { ...BASE, soakSeconds: -1 }, 'greater than or equal to 0'],
    ['a bake time of 1.5', { ...BASE, soakSeconds: 1.5 }, 'must be of type integer'],
    ['a bake time as text', { ...BASE, soakSeconds: '300' }, 'must be of type integer'],
    ['a bake time as duration', { ...BASE, soakSeconds: '5m' }, 'must be of type integer'],
    ['a weight of 0', canary({ steps: [{ weightPercent: 0 }] }), 'greater than or equal to 1'],
    ['a weight of 101', canary({ steps: [{ weightPercent: 101 }] }), 'less than or equal to 100'],
    ['steps that fall', canary({ steps: [{ weightPercent: 50 }, STEP] }), 'must grow'],
    ['equal steps', canary({ steps: [STEP, STEP] }), 'must grow'],
    [
      '11 steps',
      canary({ steps: Array.from({ length: 11 }, (_, i) => ({ weightPercent: i + 1 })) }),
      'Too many',
    ],
    ['no steps', canary({ steps: [] }), 'at least 1'],
    ['a canary without analysis', without('analysis'), 'need analysis.prometheus'],
    ['a query without limits', queries({ max: undefined }), 'needs min or max'],
    ['a query that nothing can pass', queries({ min: 2 }), 'min must not exceed max'],
    ['a canary without queries', analysis({ queries: [] }), 'needs at least one query'],
    [
      'a canary without queries and without a bake time',
      { ...analysis({ queries: [] }), soakSeconds: 0 },
      'needs at least one query',
    ],
    ['two queries of one name', queries({}, {}), 'a name of its own'],
    ['three queries, the last like the first', queries({}, { name: 'b' }, {}), 'a name of its own'],
    ...[
      ' ',
      '   ',
      '\n',
      '\t \r\n',
      '\u00a0',
      '\u3000',
      '\u200b',
      '\ufeff',
      '\u2800',
      '\u3164\uffa0',
    ].flatMap((blank): Case[] => [
      [`the query ${JSON.stringify(blank)}`, queries({ query: blank }), 'must not be blank'],
      [`the model ${JSON.stringify(blank)}`, { ...BASE, model: blank }, 'must not be blank'],
    ]),
    ...[
      '',
      'cluster',
      "cluster='prod'",
      'cluster="prod",',
      'a="b"} or up{c="d"',
      'a="b\n"',
      `a="${'b'.repeat(500)}"`,
    ].map(
      (matchers): Case => [
        `the matchers ${JSON.stringify(matchers).slice(0, 30)}`,
        analysis({ matchers }),
        matchers.length > 500 ? 'Too long' : 'must be PromQL label matchers',
      ],
    ),
    ['matchers with a placeholder', analysis({ matchers: 'cluster="{{namespace}}"' }), 'none is filled in'],
    ['matchers of a metric', analysis({ matchers: '__name__="up"' }), 'must not match __name__'],
    [
      'matchers that end with a metric',
      analysis({ matchers: 'a="b",__name__!=""' }),
      'must not match __name__',
    ],
    ['an empty query', queries({ query: '' }), 'at least 1 chars'],
    ['an empty model', { ...BASE, model: '' }, 'at least 1 chars'],
    ...[
      '{{verison}}',
      '{{ version }}',
      '{{Version}}',
      '{{}}',
      '{{version',
      '{{{{version}}}}',
      '{{version}}{{pod}}',
      '{{{{pods}}version}}',
    ].map(
      (text): Case => [
        `the placeholder ${text}`,
        queries({ query: `x{v="${text}"}` }),
        'another placeholder',
      ],
    ),
    [
      'an interval above the deadline of a step',
      { ...analysis({ intervalSeconds: 61 }), canary: { steps: [STEP], stepDeadlineSeconds: 60 } },
      'stepDeadlineSeconds',
    ],
    [
      'an interval of a week',
      {
        ...analysis({ intervalSeconds: 604_800 }),
        soakSeconds: 60,
        canary: { steps: [STEP], stepDeadlineSeconds: 60 },
      },
      'stepDeadlineSeconds',
    ],
    [
      'an interval above the deadline of shadow',
      {
        ...without('canary'),
        shadow: { deadlineSeconds: 60 },
        analysis: { ...BASE.analysis, intervalSeconds: 61 },
      },
      'shadow.deadlineSeconds',
    ],
    [
      'an interval above the bake time, with no other phase',
      { ...without('canary'), soakSeconds: 10 },
      'must not exceed soakSeconds',
    ],
    ['a model with a slash', { ...BASE, model: 'a/b' }, 'must not contain /'],
    ['a model with a colon', { ...BASE, model: 'a:b' }, 'must not contain /'],
    ...['a\nb', 'a\n', 'a\rb', 'a\tb', 'a\u0000b', 'a\u007fb', 'a\u0085b', 'a\u2028b', 'a\u2029b'].map(
      (model): Case => [`the model ${JSON.stringify(model)}`, { ...BASE, model }, 'must not contain /'],
    ),
    ['a model of 201 characters', { ...BASE, model: 'a'.repeat(201) }, 'Too long'],
    ...['Inference', 'a..b', '.a', 'a.', '-a', 'a-', 'a.-b', 'a_b', 'a/b', 'a b', ''].map(
      (deployment): Case => [
        `the Deployment ${JSON.stringify(deployment)}`,
        target({ deployment }),
        'should match',
      ],
    ),
    ['a Deployment of 254 characters', target({ deployment: 'a'.repeat(254) }), 'Too long'],
    ['a container with a dot', target({ container: 'a.b' }), 'should match'],
    ['another policy', registry({ onAliasDeleted: 'Undeploy' }), 'KeepServing'],
    ['a token without a Secret', registry({ credentials: { type: 'bearer' } }), 'need the name of a Secret'],
    [
      'a password without a Secret',
      analysis({ credentials: { type: 'basic' } }),
      'need the name of a Secret',
    ],
    ['a Secret of another namespace', registry({ credentials: { secret: 'other/mlflow' } }), 'should match'],
    ['a step up as Secret', registry({ credentials: { secret: '../configmaps/x' } }), 'should match'],
    ['AWS credentials without a region', analysis({ credentials: { type: 'sigv4' } }), 'needs a region'],
    ['AWS credentials for MLflow', registry({ credentials: { type: 'sigv4' } }), 'Unsupported value'],
    ['another type of credentials', analysis({ credentials: { type: 'oauth' } }), 'Unsupported value'],
    ['suspend as text', { ...BASE, suspend: 'true' }, 'must be of type boolean'],
  ])('%s', async (_what, spec, message) => {
    await expect(create('refused', spec)).rejects.toThrow(message);
  });

  test('a name of 41 characters', async () => {
    await expect(create('n'.repeat(41), BASE)).rejects.toThrow('at most 40 characters');
  });
});

test('the target and the URL may change, the model may not', async () => {
  await create('changing', BASE);
  const change = (spec: Spec) => client.merge(`${PATH}/changing`, { spec });
  await expect(change({ model: 'other' })).rejects.toThrow('model is immutable');
  await expect(change({ registry: { url: 'http://other:5000' } })).resolves.toBeDefined();
  await expect(change({ target: { deployment: 'other' } })).resolves.toBeDefined();
});
