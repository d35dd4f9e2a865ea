import { App, Chart, Yaml } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import { HTTP_PATHS, HTTP_PORT } from '../services/shared/agreements/http-paths.ts';
import { componentLabels, image, NAMESPACE } from './component-chart.ts';
import type { Environment } from './environment.ts';
import { podSpec } from './pod.ts';
import type { Manifests } from './system.ts';
import { OWN_USER } from './users.ts';

const NAME = 'http-check';

/** A client's namespace. That of the system lets no other pod out. */
const CLIENT_NAMESPACE = 'default';

/** Ends with 0 if a pod of the Service answers that it serves a model. */
const PROGRAM = `
const answer = await fetch('http://inference.${NAMESPACE}:${HTTP_PORT}${HTTP_PATHS.ready}', { signal: AbortSignal.timeout(10_000) });
console.log(answer.status, await answer.text());
process.exitCode = answer.ok ? 0 : 1;
`.trim();

/**
 * A Job that asks the scoring service, as a client of another namespace, whether it serves a model. It needs no rights
 * in AWS, so it checks an installation on EKS.
 */
export function httpCheckManifests(environment: Environment): Manifests {
  const labels = componentLabels(NAME);
  const chart = new Chart(new App(), NAME, { namespace: CLIENT_NAMESPACE, labels });
  new k8s.KubeJob(chart, 'job', {
    metadata: { name: NAME },
    spec: {
      backoffLimit: 3,
      ttlSecondsAfterFinished: 3_600,
      template: {
        // The NetworkPolicies let in pods with this label.
        metadata: { labels: { ...labels, 'loan-eligibility/client': 'true' } },
        spec: podSpec({
          user: OWN_USER,
          restartPolicy: 'Never',
          containers: [
            {
              name: NAME,
              image: image(environment, 'tools'),
              command: ['node', '--input-type=module', '--eval', PROGRAM],
              resources: { cpuMillis: 10, cpuLimitMillis: 1_000, memoryMebibytes: 128 },
            },
          ],
        }),
      },
    },
  });
  const text = Yaml.stringify(...(chart.toJson() as object[]));
  return new Map([[`00-${NAME}.yaml`, `# Generated from charts/ by \`make synth\`. Do not edit.\n${text}`]]);
}
