import { ApiObject } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import type { TrainingVariable } from '../services/shared/agreements/environment-variables.ts';
import { namedRole, serviceAccount } from './access.ts';
import { pythonRegion } from './aws-region.ts';
import { ComponentChart, componentLabels, image } from './component-chart.ts';
import type { Environment } from './environment.ts';
import { MLFLOW_URL } from './mlflow.ts';
import { signingKey } from './model-signing.ts';
import { podSpec, type Variables } from './pod.ts';
import { promotionSigning } from './promotion-signing.ts';
import { PUSHGATEWAY_URL } from './pushgateway.ts';
import { failureRules, RETRIES } from './retries.ts';
import { searchStorage } from './search-database.ts';
import { type TrainingFiles, trainingFiles } from './training-files.ts';
import { OWN_USER } from './users.ts';
import { emptyDir } from './volume.ts';

/** MLflow and its database start within a minute or two of a fresh installation. A run waits, so that no pod fails. */
const WAIT_SECONDS = 300;

/** The pod with index 0 does the whole run, the others help with its search. */
function indexed(pods: number): Partial<k8s.JobSpec> {
  return { completionMode: 'Indexed', completions: pods, parallelism: pods };
}

/**
 * Fields of Kubernetes 1.31, which cdk8s does not know. A pod that helps may fail without using up the run's retries.
 * The Job is done as soon as index 0 is, so a pod that never finds a node does not hold it.
 */
const INDEXED_SINCE_31 = {
  backoffLimitPerIndex: RETRIES,
  successPolicy: { rules: [{ succeededIndexes: '0' }] },
};

/** Retraining on a schedule and, if the environment asks for a first model, one run at once. */
export class TrainingChart extends ComponentChart {
  constructor(scope: Construct, environment: Environment) {
    super(scope, 'training');
    const { training } = environment;
    serviceAccount(this, 'training', { roleArn: namedRole(environment, 'training') });
    const files = trainingFiles(this, training);
    const known: k8s.JobSpec = {
      ...(training.searchPods === 1 ? { backoffLimit: RETRIES } : indexed(training.searchPods)),
      podFailurePolicy: { rules: failureRules('training') },
      activeDeadlineSeconds: training.deadlineSeconds,
      template: { metadata: { labels: componentLabels('training') }, spec: trainingPod(environment, files) },
    };
    // cdk8s' own class for a Job would drop the fields that it does not know.
    const spec = { ...k8s.toJson_JobSpec(known), ...(training.searchPods > 1 ? INDEXED_SINCE_31 : {}) };
    batchObject(this, 'cron-job', 'CronJob', 'training', {
      schedule: training.schedule,
      timeZone: 'Etc/UTC',
      concurrencyPolicy: 'Forbid',
      // If a run cannot start within an hour, the next scheduled run follows.
      startingDeadlineSeconds: 3_600,
      successfulJobsHistoryLimit: 3,
      failedJobsHistoryLimit: 3,
      jobTemplate: { metadata: { labels: componentLabels('training') }, spec },
    });
    if (training.firstModel) batchObject(this, 'first-model', 'Job', 'first-model', spec);
  }
}

function batchObject(
  scope: Construct,
  id: string,
  kind: 'CronJob' | 'Job',
  name: string,
  spec: object,
): void {
  new ApiObject(scope, id, { apiVersion: 'batch/v1', kind, metadata: { name }, spec });
}

function trainingPod(environment: Environment, files: TrainingFiles): k8s.PodSpec {
  const { training } = environment;
  const signing = signingKey(environment);
  const promotions = promotionSigning(environment);
  const storage = training.searchPods > 1 ? searchStorage(environment) : undefined;
  return podSpec({
    user: OWN_USER,
    serviceAccount: 'training',
    restartPolicy: 'Never',
    containers: [
      {
        name: 'training',
        image: image(environment, 'training'),
        args: [
          'run',
          `--data=${training.data}`,
          '--promote=if-not-worse',
          ...files.options,
          ...(training.options ?? []),
        ],
        environment: {
          MLFLOW_TRACKING_URI: MLFLOW_URL,
          LOAN_WAIT_SECONDS: `${WAIT_SECONDS}`,
          PUSHGATEWAY_URL,
          ...pythonRegion(environment),
          ...signing.environment,
          ...promotions.environment,
          ...(storage && {
            OPTUNA_STORAGE: storage.url,
            OPTUNA_STORAGE_PASSWORD_FILE: storage.passwordFile,
            // The Job's uid: the pods of one run share a study, and another run has another one.
            LOAN_SEARCH_RUN: { field: "metadata.labels['batch.kubernetes.io/controller-uid']" },
          }),
        } satisfies Variables<TrainingVariable>,
        mounts: {
          '/tmp': { volume: emptyDir('tmp', training.resources.scratchMebibytes) },
          ...files.mounts,
          ...signing.mounts,
          ...promotions.mounts,
          ...storage?.mounts,
        },
        resources: training.resources,
      },
    ],
  });
}
