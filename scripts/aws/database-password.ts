import { usesOf } from '../../infrastructure/names.ts';
import { type Installation, NAMESPACE } from './installation.ts';

const SECRET = 'mlflow-database';

/** @throws Error with the commands that make the Secret, if nobody else makes it and it is not there */
export async function checkPassword({ environment, outputs, shell, context }: Installation): Promise<string> {
  if (outputs.data.DatabaseSecret !== undefined && usesOf(environment).includes('external-secrets'))
    return 'External Secrets copies it from AWS Secrets Manager';
  const inCluster = ['--context', context, '--namespace', NAMESPACE];
  const found = await shell.read('kubectl', [
    ...inCluster,
    ...['get', 'secret', SECRET, '--ignore-not-found', '--output=name'],
  ]);
  if (found.trim() !== '') return `Secret ${SECRET} is there`;
  const source =
    outputs.data.DatabaseSecret === undefined
      ? 'The owner of the database knows the password.'
      : `AWS Secrets Manager has the password: aws secretsmanager get-secret-value --region ${environment.region} --secret-id ${outputs.data.DatabaseSecret}`;
  throw new Error(
    `namespace ${NAMESPACE} has no Secret ${SECRET}, and with these settings nothing makes it. ${source}
Create the Secret, then run \`make aws-install\` again:
  kubectl --context ${context} apply --filename k8s/eks/00-namespace.yaml
  kubectl ${inCluster.join(' ')} create secret generic ${SECRET} --from-literal=password="$PASSWORD"`,
  );
}
