import { describe, expect, test } from '@jest/globals';
import {
  DEPLOYER_RIGHTS,
  PERMISSIONS,
  STREAM_TOOL_RIGHTS,
  USES,
} from '../../../../infrastructure/permissions.ts';
import { iamRolesPage } from '../../../../scripts/reference/iam-roles.ts';

describe('iam-roles.md', () => {
  const page = iamRolesPage();
  const sections = new Map(page.split('\n## ').map((text) => [text.split('\n', 1)[0] ?? '', text]));
  const rows = (section: string) =>
    (sections.get(section) ?? '')
      .split('\n')
      .filter((line) => line.startsWith('| '))
      .slice(1);

  test('has a section for each ServiceAccount, with every row of the table', () => {
    for (const account of new Set(PERMISSIONS.map((permission) => permission.account))) {
      const own = PERMISSIONS.filter((permission) => permission.account === account);
      expect(rows(account)).toHaveLength(own.length);
      for (const [index, { actions, use }] of own.entries()) {
        for (const action of actions) expect(rows(account)[index]).toContain(`\`${action}\``);
        if (use !== undefined) expect(rows(account)[index]).toContain(`\`${USES[use]}\``);
      }
    }
  });

  test('has the rights of people and of workflows', () => {
    expect(rows('People')).toHaveLength(STREAM_TOOL_RIGHTS.length);
    expect(rows('Workflows')).toHaveLength(DEPLOYER_RIGHTS.length);
  });

  test('says through which service the key may be used, and below which prefix the bucket is listed', () => {
    expect(rows('training').join()).toContain('`kms:ViaService` is `s3.<region>.amazonaws.com`');
    expect(rows('mlflow').join()).toContain('`s3:prefix` is `mlflow/*`');
  });
});
