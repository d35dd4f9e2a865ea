/** `make test-cluster`: installs the system in the cluster of the current kubectl context and proves it end to end. */
import { Progress } from '../../scripts/stack/progress.ts';
import { command } from './command.ts';
import { type ClusterSettings, withContextDefaults } from './context-defaults.ts';
import { refuseProduction } from './context-guard.ts';
import { install } from './install-system.ts';
import { kubectl, NAMESPACE } from './kubectl.ts';
import { proveSystem } from './prove-system.ts';
import { removeAll } from './removal.ts';
import { readSettings } from './settings.ts';
import { Steps } from './steps.ts';

const REACH = `The system is left running. To reach each part:
  kubectl --namespace ${NAMESPACE} port-forward service/mlflow 5000        # http://127.0.0.1:5000
  kubectl --namespace ${NAMESPACE} port-forward service/inference 8080     # POST http://127.0.0.1:8080/predict
  kubectl --namespace ${NAMESPACE} port-forward service/prometheus 9090    # http://127.0.0.1:9090
  kubectl --namespace ${NAMESPACE} port-forward service/kinesis 4567       # the streams: make e2e E2E="--endpoint http://127.0.0.1:4567"
  kubectl --namespace ${NAMESPACE} get modeldeployment --watch
It goes with: kubectl delete namespace ${NAMESPACE} && kubectl delete --filename k8s/cluster`;

async function main(): Promise<number> {
  const given = readSettings(process.env);
  const context = (await command('kubectl', ['config', 'current-context'])).stdout.trim();
  refuseProduction(context, given.CONFIRM_CONTEXT);
  const settings = withContextDefaults(given, context);
  const progress = new Progress();
  progress.say(`context ${context}`);
  for (const component of settings.WITHOUT) progress.say(`NOT RUN: ${component} is left out`);
  if (settings.IMAGES_BY_TAG)
    progress.say('NOT RUN: image digests. IMAGES_BY_TAG=true takes images of others by their tags alone');
  const steps = new Steps(progress);
  process.once('uncaughtException', (error) => {
    steps.failures.push(`an error that no step caught\n  ${error.stack}`);
    report(steps);
    process.exit(1);
  });
  try {
    await install(steps, settings);
    await proveSystem(steps, settings);
  } catch (error) {
    progress.say((error as Error).message);
  }
  if (steps.failures.length > 0)
    console.error(await kubectl(['get', 'pods,jobs,modeldeployments']).catch(String));
  await finish(steps, settings);
  report(steps);
  return steps.failures.length === 0 ? 0 : 1;
}

function report({ passed, failures, notRun }: Steps): void {
  for (const step of notRun) console.log(`NOT RUN: ${step}`);
  for (const failure of failures) console.log(`FAILED  ${failure}`);
  console.log(`${passed} passed, ${failures.length} failed`);
}

async function finish(steps: Steps, settings: ClusterSettings): Promise<void> {
  if (settings.KEEP) console.log(REACH);
  else await steps.prove('deleting the system leaves nothing behind', removeAll);
}

try {
  // A step that exceeded its limit may have left a process running.
  process.exit(await main());
} catch (error) {
  console.error(`test-cluster: ${(error as Error).message}`);
  process.exit(1);
}
