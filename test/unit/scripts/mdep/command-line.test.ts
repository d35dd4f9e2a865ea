import { expect, test } from '@jest/globals';
import { signCommands } from '../../../../scripts/mdep/view/waits.ts';
import type { ModelDeployment } from '../../../../services/shared/model-deployment/model-deployment.ts';
import { openMdep } from '../../../support/mdep.ts';

test('options before the command are refused with where they belong', async () => {
  const { code, said } = await openMdep(['-n', 'prod', 'status']).ended;
  expect({ code, said }).toEqual({
    code: 2,
    said: 'kubectl mdep: give the command first and its options behind it; see `kubectl mdep --help`',
  });
});

test.each([[['help', 'pause']], [['pause', '--help']], [['pause', '-h']], [['--help', 'pause']]])(
  '%j says how to pause',
  async (args) => {
    const { code, out } = await openMdep(args).ended;
    expect({ code, out }).toEqual({
      code: 0,
      out: expect.stringContaining('Usage: kubectl mdep pause [NAME]'),
    });
  },
);

test.each([
  ['other', '--model other"'],
  ['my Modell é', `--model 'my Modell é'"`],
  ['x"; rm -rf ~; "', '--model MODEL"'],
  ['$(id)', '--model MODEL"'],
  ["a' b", '--model MODEL"'],
])('a model %j is no command when a person copies how to sign', (model, end) => {
  const spec = { model, registry: { alias: 'champion' } };
  const object = { metadata: { name: 'loan' }, spec } as unknown as ModelDeployment;
  for (const command of signCommands(object)) expect(command.endsWith(end)).toBe(true);
});
