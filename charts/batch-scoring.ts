import { k8s } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import type { TrainingVariable } from '../services/shared/agreements/environment-variables.ts';
import { namedRole, serviceAccount } from './access.ts';
import { pythonRegion } from './aws-region.ts';
import { ComponentChart, componentLabels, image } from './component-chart.ts';
import type { BatchScoring, Environment } from './environment.ts';
import { MLFLOW_URL } from './mlflow.ts';
import { podSpec, type Variables } from './pod.ts';
import { failureRules, RETRIES } from './retries.ts';
import { OWN_USER } from './users.ts';
import { emptyDir } from './volume.ts';

const NAME = 'batch-scoring';

/** A CronJob needs a schedule also while it is suspended. */
const SUSPENDED_SCHEDULE = '0 4 * * *';

/** Decides a file by `loan-training score`. Without a schedule, only `kubectl create job --from` starts a run. */
export class BatchScoringChart extends ComponentChart {
  constructor(scope: Construct, environment: Environment, options: BatchScoring) {
    super(scope, NAME);
    serviceAccount(this, NAME, { roleArn: namedRole(environment, 'batchScoring') });
    new k8s.KubeCronJob(this, 'cron-job', {
      metadata: { name: NAME },
      spec: {
        schedule: options.schedule ?? SUSPENDED_SCHEDULE,
        suspend: options.schedule === undefined,
        timeZone: 'Etc/UTC',
        // Two runs would write the same output.
        concurrencyPolicy: 'Forbid',
        startingDeadlineSeconds: 3_600,
        successfulJobsHistoryLimit: 3,
        failedJobsHistoryLimit: 3,
        jobTemplate: {
          metadata: { labels: componentLabels(NAME) },
          spec: {
            backoffLimit: RETRIES,
            podFailurePolicy: { rules: failureRules(NAME) },
            activeDeadlineSeconds: options.deadlineSeconds,
            template: { metadata: { labels: componentLabels(NAME) }, spec: scoringPod(environment, options) },
          },
        },
      },
    });
  }
}

function scoringPod(environment: Environment, options: BatchScoring): k8s.PodSpec {
  return podSpec({
    user: OWN_USER,
    serviceAccount: NAME,
    restartPolicy: 'Never',
    containers: [
      {
        name: NAME,
        image: image(environment, 'training'),
        args: [
          'score',
          `--model-uri=${options.model}`,
          `--data=${options.input}`,
          `--output=${options.output}`,
          ...(options.options ?? []),
        ],
        environment: {
          MLFLOW_TRACKING_URI: MLFLOW_URL,
          ...pythonRegion(environment),
        } satisfies Variables<TrainingVariable>,
        mounts: { '/tmp': { volume: emptyDir('tmp', options.resources.scratchMebibytes) } },
        resources: options.resources,
      },
    ],
  });
}
