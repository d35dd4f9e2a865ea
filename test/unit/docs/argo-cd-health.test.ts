import { beforeAll, describe, expect, test } from '@jest/globals';
import { type LuaEngine, LuaFactory, LuaLibraries } from 'wasmoon';
import type { ModelDeployment } from '../../../services/shared/model-deployment/model-deployment.ts';
import { gitopsBlocks, healthCases } from '../../support/gitops-health.ts';
import { rolloutsOfAllPhases } from '../../support/rollouts-of-all-phases.ts';

const KEY = 'resource.customizations.health.serving.loan-eligibility.dev_ModelDeployment';

interface Health {
  readonly status: string;
  readonly message: string;
}

const factory = new LuaFactory();
let states: readonly ModelDeployment[];

beforeAll(async () => {
  states = await rolloutsOfAllPhases();
});

/** Argo CD gives a script no other libraries by default. Without proxies the object is made of tables, as there. */
async function engine(): Promise<LuaEngine> {
  const lua = await factory.createEngine({ openStandardLibs: false, enableProxy: false });
  lua.global.loadLibrary(LuaLibraries.Base);
  lua.global.loadLibrary(LuaLibraries.Table);
  return lua;
}

/** What Argo CD would show. It gives the script the object as it is in JSON. */
async function health(object: ModelDeployment): Promise<Health> {
  const blocks = gitopsBlocks() as { data?: Record<string, string> }[];
  const script = blocks.find(({ data }) => data?.[KEY] !== undefined)?.data?.[KEY] ?? '';
  const lua = await engine();
  try {
    lua.global.set('obj', JSON.parse(JSON.stringify(object)));
    return await lua.doString(script);
  } finally {
    lua.global.close();
  }
}

describe('the health in Argo CD', () => {
  test('is what the page says, in every case', async () => {
    const cases = healthCases(states);
    const shown: [string, string][] = [];
    for (const { name, object } of cases) shown.push([name, (await health(object)).status]);
    expect(shown).toEqual(cases.map(({ name, argo }) => [name, argo]));
  });

  test('is one that Argo CD knows, with a message, in every state that the operator stores', async () => {
    for (const object of states) {
      const { status, message } = await health(object);
      expect(['Healthy', 'Progressing', 'Suspended', 'Degraded']).toContain(status);
      expect(message).not.toBe('');
    }
  });

  test('of an object without a status is Progressing', async () => {
    const { status: _, ...object } = states[0] as ModelDeployment;
    expect(await health(object)).toMatchObject({ status: 'Progressing' });
  });

  test('says why', async () => {
    const refused = states.find(({ status }) => status?.failed?.version === '5') as ModelDeployment;
    expect((await health(refused)).message).toMatch(
      /^CanaryFailed: version 5 was refused: error-ratio is 0.5/,
    );
  });
});
