import { describe, expect, test } from '@jest/globals';
import { scanImages } from '../../../../../scripts/images/scan/image-scanners.ts';
import { npmAudit } from '../../../../../scripts/images/scan/npm-audit.ts';
import { pythonAudits } from '../../../../../scripts/images/scan/python-audit.ts';
import { scanReport } from '../../../../../scripts/images/scan/scan.ts';
import { ProgramMissing } from '../../../../../scripts/programs/run-program.ts';
import { type Answer, PlayedPrograms } from '../../../../support/played-programs.ts';

/** Programs that answer by the beginning of their command line. All others are not installed. */
function installed(answers: Readonly<Record<string, Answer>>): PlayedPrograms {
  return new PlayedPrograms((line) => {
    const found = Object.entries(answers).find(([start]) => line.startsWith(start));
    return found ? found[1] : new ProgramMissing(`${line.split(' ')[0]} is not installed, or not on PATH`);
  });
}

const json = (value: unknown) => ({ stdout: JSON.stringify(value) });

describe('the report', () => {
  const finding = { package: 'a', version: '1', id: 'CVE-1' };

  test('fails if a finding is fixed upstream, and says in which version', () => {
    const { lines, failed } = scanReport([{ scan: 's', findings: [{ ...finding, fixedIn: ['2', '3'] }] }]);
    expect(failed).toBe(true);
    expect(lines).toEqual([
      'FAILED  s: 1 known vulnerabilities, 1 of them fixed upstream',
      '  CVE-1: a 1 is fixed in 2, 3',
    ]);
  });

  test('counts what nobody has fixed, and does not fail', () => {
    const { lines, failed } = scanReport([{ scan: 's', findings: [{ ...finding, fixedIn: [] }] }]);
    expect({ lines, failed }).toEqual({
      lines: ['ok      s: 1 known vulnerabilities, 0 of them fixed upstream'],
      failed: false,
    });
  });

  test('tells what was not run at the end', () => {
    const { lines, failed } = scanReport([
      { scan: 's', notRun: 'why' },
      { scan: 't', findings: [] },
    ]);
    expect(lines.at(-1)).toBe('NOT RUN: s: why');
    expect(failed).toBe(false);
  });
});

describe('npm audit', () => {
  test('gives each advisory once, with its fix', async () => {
    const report = {
      vulnerabilities: {
        inner: {
          range: '<2.0.0',
          via: [{ source: 1, url: 'https://github.com/advisories/GHSA-aaaa', title: 'x' }],
          fixAvailable: { name: 'outer', version: '3.0.0' },
        },
        outer: { range: '<3', via: ['inner'], fixAvailable: { name: 'outer', version: '3.0.0' } },
        alone: { range: '*', via: [{ source: 2, title: 'no fix yet' }], fixAvailable: false },
      },
    };
    const result = await npmAudit(installed({ 'npm audit --omit=dev': { code: 1, ...json(report) } }).run);
    expect(result).toMatchObject({
      findings: [
        { package: 'inner', id: 'GHSA-aaaa', fixedIn: ['outer 3.0.0'] },
        { package: 'alone', id: 'no fix yet', fixedIn: [] },
      ],
    });
  });

  test.each([
    [
      'that refuses',
      { code: 1, ...json({ message: '405 Method Not Allowed', error: {} }) },
      '405 Method Not Allowed',
    ],
    ['without a report', { code: 1, stderr: 'npm error\nnpm error ENOTFOUND' }, 'npm error ENOTFOUND'],
  ])('is not run at a registry %s', async (_, answer, notRun) => {
    expect(await npmAudit(installed({ 'npm audit': answer }).run)).toMatchObject({ notRun });
  });
});

describe('the audits of Python packages', () => {
  const report = {
    summary: {},
    vulnerabilities: [
      { dependency: { name: 'jinja2', version: '3.1.2' }, id: 'GHSA-1', fix_versions: ['3.1.6'] },
      { dependency: { name: 'other', version: '1' }, id: 'GHSA-2', fix_versions: [] },
    ],
  };

  test('are those of the packages of each image', async () => {
    const programs = installed({ 'uv audit': { code: 1, ...json(report) } });
    const results = await pythonAudits(programs.run, 'uv');
    expect(results).toMatchObject([
      {
        scan: 'Python packages of training by uv audit',
        findings: [{ fixedIn: ['3.1.6'] }, { fixedIn: [] }],
      },
      { scan: 'Python packages of mlflow by uv audit' },
    ]);
    expect(programs.lines).toEqual([
      expect.stringContaining(' --no-default-groups '),
      expect.stringContaining(' --only-group mlflow-server '),
    ]);
  });

  const unreachable = { code: 2, stderr: 'error: Request failed\n  cause: dns error' };

  test('go to pip-audit if uv gets no answer', async () => {
    const programs = installed({
      'uv audit': unreachable,
      'uv export': { stdout: 'jinja2==3.1.2\n' },
      'pip-audit': {
        code: 1,
        ...json({
          dependencies: [
            { name: 'jinja2', version: '3.1.2', vulns: [{ id: 'P-1', fix_versions: ['3.1.6'] }] },
            { name: 'skipped' },
          ],
        }),
      },
    });
    const [training] = await pythonAudits(programs.run, 'uv');
    expect(training).toEqual({
      scan: 'Python packages of training by pip-audit',
      findings: [{ package: 'jinja2', version: '3.1.2', id: 'P-1', fixedIn: ['3.1.6'] }],
    });
  });

  test('are not run if pip-audit skips packages, which are not clean because of that', async () => {
    const dependencies = [
      { name: 'a', version: '1', vulns: [] },
      { name: 'b', skip_reason: 'b was not found' },
    ];
    const programs = installed({
      'uv audit': unreachable,
      'uv export': {},
      'pip-audit': json({ dependencies }),
    });
    expect((await pythonAudits(programs.run, 'uv'))[0]).toMatchObject({
      notRun: expect.stringContaining('1 of 2 packages could not be looked up: b was not found'),
    });
  });

  test('are not run, with both reasons, if neither gets an answer', async () => {
    const programs = installed({ 'uv audit': unreachable, 'uv export': {} });
    for (const result of await pythonAudits(programs.run, 'uv'))
      expect(result).toMatchObject({
        notRun: 'uv audit: cause: dns error; pip-audit is not installed, or not on PATH',
      });
  });

  test('are not run without uv', async () => {
    const [training] = await pythonAudits(installed({}).run, 'uv');
    expect(training).toMatchObject({ notRun: expect.stringContaining('uv is not installed') });
  });
});

describe('the scan of images', () => {
  test('is done by trivy if trivy is there', async () => {
    const report = {
      Results: [
        {
          Vulnerabilities: [
            {
              VulnerabilityID: 'CVE-1',
              PkgName: 'libc6',
              InstalledVersion: '2.36',
              FixedVersion: '2.37, 2.38',
            },
          ],
        },
        { Target: 'nothing found' },
        { Vulnerabilities: [{ VulnerabilityID: 'CVE-2', PkgName: 'perl', InstalledVersion: '5' }] },
      ],
    };
    const programs = installed({
      'trivy --version': {},
      'docker image inspect': {},
      'trivy image': json(report),
    });
    expect(await scanImages(programs.run, 'docker', ['x/a:1'])).toEqual([
      {
        scan: 'packages of x/a:1 by trivy',
        findings: [
          { package: 'libc6', version: '2.36', id: 'CVE-1', fixedIn: ['2.37', '2.38'] },
          { package: 'perl', version: '5', id: 'CVE-2', fixedIn: [] },
        ],
      },
    ]);
  });

  test('is done by grype if only grype is there', async () => {
    const matches = [
      { vulnerability: { id: 'CVE-1', fix: { versions: ['2'] } }, artifact: { name: 'a', version: '1' } },
      { vulnerability: { id: 'CVE-2' }, artifact: { name: 'b', version: '1' } },
    ];
    const programs = installed({
      'grype version': {},
      'docker image inspect': {},
      'grype docker:x/a:1': json({ matches }),
    });
    expect(await scanImages(programs.run, 'docker', ['x/a:1'])).toMatchObject([
      {
        findings: [
          { id: 'CVE-1', fixedIn: ['2'] },
          { id: 'CVE-2', fixedIn: [] },
        ],
      },
    ]);
  });

  test.each([
    ['no scanner', {}, /neither trivy nor grype is on PATH/],
    [
      'no image',
      { 'trivy --version': {}, 'docker image inspect': { code: 1 } },
      /build it with `make images`/,
    ],
    ['no Docker', { 'trivy --version': {} }, /build it with `make images`/],
    [
      'no database',
      {
        'trivy --version': {},
        'docker image inspect': {},
        'trivy image': { code: 1, stderr: 'FATAL init error: DB error' },
      },
      /trivy ended with 1: FATAL init error: DB error/,
    ],
  ])('is not run for each image with %s', async (_, answers, notRun) => {
    const results = await scanImages(installed(answers as Record<string, Answer>).run, 'docker', [
      'a:1',
      'b:1',
    ]);
    expect(results).toMatchObject([
      { notRun: expect.stringMatching(notRun) },
      { notRun: expect.stringMatching(notRun) },
    ]);
  });
});
