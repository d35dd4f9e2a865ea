import { expect, test } from '@jest/globals';
import { modelDeploymentPage } from '../../../../scripts/reference/model-deployment.ts';
import { CONDITIONS, PHASES } from '../../../../services/shared/model-deployment/status.ts';

const page = modelDeploymentPage();

test('a field has its type, its range, its default and its rules', () => {
  expect(page).toMatch(/^\| `spec\.model` \| string \| required \| .*immutable\. .* \|$/m);
  expect(page).toMatch(/^\| `spec\.registry\.pollSeconds` \| integer 1–604800 \| `10` \| .* \|$/m);
  expect(page).toMatch(
    /^\| `spec\.canary\.steps\[\]\.weightPercent` \| integer 1–100 \| required \| .* \|$/m,
  );
});

test('the phases and conditions are those of the operator', () => {
  expect(page).toContain(`| \`status.phase\` | ${PHASES.join(', ')} |`);
  expect(page).toContain(`| \`status.conditions[].type\` | ${CONDITIONS.join(', ')} |`);
});

test('each kind of reason has a table', () => {
  expect(page).toMatch(/^### Refusals$[^#]*^\| `DigestMismatch` \| .* \|$/m);
  expect(page).toMatch(/^### Conditions$[^#]*^\| `RegistryUnreachable` \| .* \|$/m);
  expect(page).toMatch(/^### Events$[^#]*^\| `Promoted` \| .* \|$/m);
});
