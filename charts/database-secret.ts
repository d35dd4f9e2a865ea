import { ApiObject } from 'cdk8s';
import type { Construct } from 'constructs';
import { ComponentChart } from './component-chart.ts';
import type { Environment } from './environment.ts';
import { DATABASE_SECRET } from './secrets.ts';

const STORE = 'aws-secrets-manager';

/**
 * External Secrets copies the password of the database from AWS Secrets Manager into the Secret that MLflow reads.
 * External Secrets has the AWS rights, so the store names none.
 */
export class DatabaseSecretChart extends ComponentChart {
  constructor(scope: Construct, environment: Environment, secret: string) {
    super(scope, 'database-secret');
    new ApiObject(this, 'store', {
      apiVersion: 'external-secrets.io/v1',
      kind: 'SecretStore',
      metadata: { name: STORE },
      spec: { provider: { aws: { service: 'SecretsManager', region: environment.kinesis.region } } },
    });
    new ApiObject(this, 'secret', {
      apiVersion: 'external-secrets.io/v1',
      kind: 'ExternalSecret',
      metadata: { name: DATABASE_SECRET },
      spec: {
        refreshInterval: '15m0s',
        secretStoreRef: { name: STORE, kind: 'SecretStore' },
        target: { name: DATABASE_SECRET, creationPolicy: 'Owner' },
        data: [{ secretKey: 'password', remoteRef: { key: secret, property: 'password' } }],
      },
    });
  }
}
