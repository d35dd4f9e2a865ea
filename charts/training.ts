import { k8s } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import type { TrainingVariable } from '../services/shared/agreements/environment-variables.ts';
import { TRAINING_EXIT_CODES } from '../services/shared/agreements/training-job.ts';
import { serviceAccount } from './access.ts';
import { pythonRegion } from './aws-region.ts';
import { ComponentChart, componentLabels, image } from './component-chart.ts';
import type { Environment } from './environments.ts';
import { MLFLOW_URL } from './mlflow.ts';
import { podSpec, type Variables } from './pod.ts';
import { PUSHGATEWAY_URL } from './pushgateway.ts';
import { emptyDir } from './volume.ts';

/** Exit codes after which another run would fail in the same way. */
const FINAL_EXIT_CODES = [TRAINING_EXIT_CODES.failed, TRAINING_EXIT_CODES.invalidInput];

/**
 * A drained node does not use up a retry. A failure that would repeat is not retried, because each run may register a
 * version. The other exit codes are retried with exponential back-off.
 */
const FAILURE_RULES: k8s.PodFailurePolicyRule[] = [
  { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
  {
    action: 'FailJob',
    onExitCodes: { containerName: 'training', operator: 'In', values: FINAL_EXIT_CODES },
    onPodConditions: [],
  },
];

/** Retraining on a schedule and, if the environment asks for a first model, one run at once. */
export class TrainingChart extends ComponentChart {
  constructor(scope: Construct, environment: Environment) {
    super(scope, 'training');
    const { training } = environment;
    serviceAccount(this, 'training', { roleArn: environment.roles?.training });
    const spec: k8s.JobSpec = {
      backoffLimit: 6,
      podFailurePolicy: { rules: FAILURE_RULES },
      activeDeadlineSeconds: training.deadlineSeconds,
      template: { metadata: { labels: componentLabels('training') }, spec: trainingPod(environment) },
    };
    new k8s.KubeCronJob(this, 'cron-job', {
      metadata: { name: 'training' },
      spec: {
        schedule: training.schedule,
        timeZone: 'Etc/UTC',
        concurrencyPolicy: 'Forbid',
        // If a run cannot start within an hour, the next scheduled run follows.
        startingDeadlineSeconds: 3_600,
        successfulJobsHistoryLimit: 3,
        failedJobsHistoryLimit: 3,
        jobTemplate: { metadata: { labels: componentLabels('training') }, spec },
      },
    });
    if (training.firstModel)
      new k8s.KubeJob(this, 'first-model', { metadata: { name: 'first-model' }, spec });
  }
}

function trainingPod(environment: Environment): k8s.PodSpec {
  const { training } = environment;
  return podSpec({
    user: 1000,
    serviceAccount: 'training',
    restartPolicy: 'Never',
    containers: [
      {
        name: 'training',
        image: image(environment, 'training'),
        args: ['run', `--data=${training.data}`, '--promote=if-not-worse'],
        environment: {
          MLFLOW_TRACKING_URI: MLFLOW_URL,
          PUSHGATEWAY_URL,
          ...pythonRegion(environment),
        } satisfies Variables<TrainingVariable>,
        mounts: { '/tmp': { volume: emptyDir('tmp', 1024) } },
        resources: training.resources,
      },
    ],
  });
}
