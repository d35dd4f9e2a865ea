import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseRolloutConfig } from '../../../../operators/rollout/config.ts';
import { allowedServers } from '../../../../operators/rollout/servers/allowed-servers.ts';
import { parseAuthority } from '../../../../operators/rollout/servers/authority.ts';
import { HostList } from '../../../../operators/rollout/servers/host-list.ts';
import { createLogger } from '../../../../services/shared/logging.ts';

function listOf(...hosts: string[]): HostList {
  return new HostList({
    setting: 'REGISTRY_HOSTS',
    field: 'spec.registry.url',
    allowed: hosts.flatMap((host) => parseAuthority(host) ?? []),
  });
}

describe('the operator may call', () => {
  test.each([
    ['mlflow', 'http://mlflow'],
    ['mlflow', 'http://mlflow:5000'],
    ['mlflow', 'https://mlflow:8443/prefix/path'],
    ['mlflow:5000', 'http://mlflow:5000/prefix'],
    ['mlflow:80', 'http://mlflow'],
    ['mlflow', 'http://mlflow:80'],
    ['mlflow:443', 'https://mlflow'],
    ['MLflow:5000', 'http://mlFLOW:5000'],
    ['mlflow.svc.:5000', 'http://mlflow.svc:5000'],
    ['mlflow.svc:5000', 'http://mlflow.svc.:5000'],
    ['[::1]:5000', 'http://[::1]:5000'],
    ['[0:0:0:0:0:0:0:1]', 'http://[::1]:5000'],
    ['[fd00::A]', 'http://[FD00:0::a]'],
    ['127.0.0.1:5000', 'http://127.0.0.1:5000'],
    ['xn--mnchen-3ya.example', 'http://münchen.example'],
    ['a', 'http://a'],
  ])('by the entry %s the URL %s', (entry, url) => {
    expect(listOf('other:1', entry).refusal(url)).toBeUndefined();
  });
});

describe('the operator may not call', () => {
  test.each([
    ['mlflow:5000', 'http://mlflow:5001', 'mlflow:5001'],
    ['mlflow:5000', 'http://mlflow', 'mlflow:80'],
    ['mlflow:80', 'https://mlflow', 'mlflow:443'],
    ['mlflow', 'http://mlflow.evil', 'mlflow.evil:80'],
    ['mlflow', 'http://evil.mlflow', 'evil.mlflow:80'],
    ['mlflow', 'http://mlflow..', 'mlflow.:80'],
    ['mlflow', 'http://evil/mlflow', 'evil:80'],
    ['mlflow', 'http://evil\\@mlflow', 'evil:80'],
    ['127.0.0.1', 'http://localhost', 'localhost:80'],
    ['10.0.0.1', 'http://2130706433', '127.0.0.1:80'],
    ['[::2]', 'http://[::1]', '[::1]:80'],
  ])('by the entry %s the URL %s, and the message names %s', (entry, url, host) => {
    const refusal = listOf(entry).refusal(url);
    expect(refusal).toContain(` ${host},`);
    expect(refusal).toContain('REGISTRY_HOSTS');
    expect(refusal).toContain('spec.registry.url');
  });

  test('any server if the list is empty', () => {
    expect(listOf().refusal('http://mlflow:5000')).toContain('REGISTRY_HOSTS');
  });

  test.each([
    'http://user:s3cret@mlflow',
    'http://s3cret@mlflow',
    'http://:s3cret@mlflow',
    'http://@mlflow',
    'http://mlflow:s3cret@mlflow:5000/x',
  ])('a URL with a user, and the message does not show it: %s', (url) => {
    const refusal = listOf('mlflow').refusal(url);
    expect(refusal).toContain('spec.registry.url');
    expect(refusal).not.toContain('s3cret');
  });

  test.each(['http://mlflow/admin?x=', 'http://mlflow?', 'http://mlflow#', 'http://mlflow/x#y?z'])(
    'a URL whose path would be cut off: %s',
    (url) => {
      expect(listOf('mlflow').refusal(url)).toContain('contains ? or #');
    },
  );

  test.each([
    'http://mlflow:50000000',
    'http://[x',
    'http://%%',
    'mlflow:5000',
    'ftp://mlflow',
    'file:///etc',
    'http://mlflow:5000 ',
    'http://ml\tflow:5000',
    '',
    ' ',
  ])('what is not a URL of a server: %j', (url) => {
    expect(listOf('mlflow').refusal(url)).toContain('is not the URL of a server');
  });

  test('a host that is not listed, whatever else the URL contains', () => {
    const allowed = listOf('mlflow:5000');
    fc.assert(
      fc.property(fc.webUrl({ withQueryParameters: true, withFragments: true }), (url) => {
        expect(allowed.refusal(url)).toBeDefined();
      }),
    );
  });

  test('any text that a client would send elsewhere', () => {
    const allowed = listOf('mlflow:5000');
    const piece = fc.constantFrom(
      'http://',
      'https://',
      'mlflow',
      ':5000',
      '@',
      '/',
      '\\',
      '?',
      '#',
      'evil',
      '.',
      ':',
      '%40',
      '\t',
      ' ',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const url = pieces.join('');
        if (allowed.refusal(url) !== undefined) return;
        const { hostname, port, username, password } = new URL(`${url}/api/2.0/mlflow/registered-models/get`);
        expect([hostname.replace(/\.$/, ''), port, username, password]).toEqual(['mlflow', '5000', '', '']);
      }),
      { numRuns: 5_000 },
    );
  });
});

describe('a URL that is a secret as a whole', () => {
  const secretsOf = (...hosts: string[]) =>
    new HostList({
      setting: 'NOTIFICATION_HOSTS',
      field: 'the Secret of spec.notifications',
      allowed: hosts.flatMap((host) => parseAuthority(host) ?? []),
      isSecretUrl: true,
    });

  test.each([
    ['chat.googleapis.com', 'https://chat.googleapis.com/v1/spaces/AAA/messages?key=s3cret&token=s3cret'],
    [
      'a.environment.api.powerplatform.com',
      'https://a.environment.api.powerplatform.com/x?api-version=1&sig=s3cret',
    ],
    ['hooks.slack.com', 'https://hooks.slack.com/services/s3cret'],
    ['ticket', 'http://ticket:8080/s3cret?x=@y'],
    ['ticket.tools.svc', 'http://ticket.tools.svc/s3cret'],
    ['ticket.tools.svc.cluster.local', 'http://ticket.tools.svc.cluster.local./s3cret'],
    ['10.1.2.3', 'http://10.1.2.3:8080/s3cret'],
    ['172.16.0.1', 'http://172.16.0.1/'],
    ['192.168.0.1', 'http://192.168.0.1/'],
    ['127.0.0.1', 'http://127.0.0.1/'],
    ['[fd00::1]', 'http://[fd00::1]/'],
    ['[::1]', 'http://[::1]/'],
  ])('may be called at %s: %s', (host, url) => {
    expect(secretsOf(host).refusal(url)).toBeUndefined();
  });

  test.each([
    ['http://hooks.slack.com/services/s3cret', 'in clear text; write https://'],
    ['http://evil.svc.example.com/s3cret', 'in clear text; write https://'],
    ['http://8.8.8.8/s3cret', 'in clear text; write https://'],
    ['http://[2001:db8::1]/s3cret', 'in clear text; write https://'],
    ['http://[::ffff:8.8.8.8]/s3cret', 'in clear text; write https://'],
    ['https://hooks.slack.com/services/x#s3cret', 'remove # and the text behind it'],
    ['https://user:s3cret@hooks.slack.com/x', 'use a URL that needs none'],
    ['hooks.slack.com/services/s3cret', 'write https://HOST/PATH'],
    ['https://evil.example/s3cret', 'NOTIFICATION_HOSTS'],
    ['https://evil.example/?x=@hooks.slack.com', 'NOTIFICATION_HOSTS'],
    ['https://evil.example?@hooks.slack.com', 'NOTIFICATION_HOSTS'],
  ])('may not be called: %s', (url, advice) => {
    const allowed = [
      'hooks.slack.com',
      'evil.svc.example.com',
      '8.8.8.8',
      '[2001:db8::1]',
      '[::ffff:8.8.8.8]',
    ];
    const refusal = secretsOf(...allowed).refusal(url);
    expect(refusal).toContain(advice);
    expect(refusal).toContain('the Secret of spec.notifications');
    expect(refusal).not.toContain('s3cret');
  });

  test('is sent to no host that is not listed, whatever its parts', () => {
    const allowed = secretsOf('mlflow:443');
    const piece = fc.constantFrom(
      'http://',
      'https://',
      'mlflow',
      ':443',
      '@',
      '/',
      '\\',
      '?',
      '#',
      'evil',
      '.',
      ':',
      '%40',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const url = pieces.join('');
        if (allowed.refusal(url) !== undefined) return;
        const { hostname, port, username, password, hash } = new URL(url);
        expect([hostname.replace(/\.$/, ''), username, password, hash]).toEqual(['mlflow', '', '', '']);
        expect(['', '443']).toContain(port);
      }),
      { numRuns: 5_000 },
    );
  });
});

describe('an entry of the list', () => {
  test.each([
    '',
    'a b',
    'http://mlflow',
    'mlflow/x',
    'mlflow:',
    'mlflow:0',
    'mlflow:65536',
    'mlflow:x',
    'me@mlflow',
    '::1',
    '[::1',
    '[x]',
    'a?b',
    'a#b',
    '*.example',
    '%%',
  ])('may not be %j', (text) => {
    expect(parseAuthority(text)).toBeUndefined();
  });
});

describe('by default', () => {
  const logger = createLogger({ component: 'test', level: 'silent' });
  const pod = { POD_NAMESPACE: 'lending', POD_NAME: 'rollout-0' };
  const servers = (environment: Readonly<Record<string, string>>) =>
    allowedServers(parseRolloutConfig({ ...pod, ...environment }), logger);

  test('the servers of the installation may be called, and no other port', () => {
    const { registries, prometheuses } = servers({
      MLFLOW_TRACKING_URI: 'http://mlflow:5000/prefix/',
      PROMETHEUS_URL: 'https://prometheus',
    });
    expect(registries.refusal('http://mlflow:5000/prefix')).toBeUndefined();
    expect(registries.refusal('http://mlflow:5001')).toContain('REGISTRY_HOSTS');
    expect(registries.refusal('https://prometheus')).toContain('REGISTRY_HOSTS');
    expect(prometheuses.refusal('https://prometheus')).toBeUndefined();
    expect(prometheuses.refusal('http://mlflow:5000')).toContain('PROMETHEUS_HOSTS');
  });

  test('no server may be called if none is set', () => {
    const { registries, prometheuses } = servers({});
    expect(registries.refusal('http://mlflow:5000')).toContain('spec.registry.url');
    expect(prometheuses.refusal('http://prometheus')).toContain('spec.analysis.prometheus');
  });

  test('a list replaces the default', () => {
    const { registries } = servers({
      MLFLOW_TRACKING_URI: 'http://mlflow:5000',
      REGISTRY_HOSTS: 'a, [::1]:80',
    });
    expect(registries.refusal('http://[::1]')).toBeUndefined();
    expect(registries.refusal('http://mlflow:5000')).toContain('REGISTRY_HOSTS');
  });
});
