import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { InstanceType, type IVpc, Peer, Port, SecurityGroup, SubnetType } from 'aws-cdk-lib/aws-ec2';
import type { Key } from 'aws-cdk-lib/aws-kms';

import {
  Credentials,
  DatabaseInstance,
  DatabaseInstanceEngine,
  ParameterGroup,
  PerformanceInsightRetention,
  PostgresEngineVersion,
  StorageType,
} from 'aws-cdk-lib/aws-rds';
import { type ISecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import type { AwsEnvironment } from '../environment-schema.ts';
import { accept } from '../nag-reasons.ts';
import { KEEP, type KeepData, removalPolicy } from './keep.ts';

export interface DatabaseProps extends KeepData {
  readonly settings: Extract<AwsEnvironment['data']['database'], { kind: 'new' }>;
  readonly vpc: IVpc;
  /** Network of the pods. */
  readonly network: string;
  readonly key: Key;
  readonly secretName: string;
}

const USER = 'mlflow';
const PORT = 5432;
/** The disk grows up to this size. RDS has no larger disk for Postgres. */
const LARGEST_DISK_GIBIBYTES = 65_536;
const ENGINE = DatabaseInstanceEngine.postgres({ version: PostgresEngineVersion.VER_17_9 });

/** Postgres of MLflow, with database and user `mlflow`. */
export class Database extends Construct {
  readonly host: string;
  readonly secret: Secret;

  constructor(scope: Construct, props: DatabaseProps) {
    super(scope, 'database');
    this.secret = this.#password(props);
    const { settings, vpc, key, keepData } = props;
    const instance = new DatabaseInstance(this, 'instance', {
      engine: ENGINE,
      instanceType: new InstanceType(settings.instanceType),
      databaseName: USER,
      credentials: Credentials.fromSecret(this.secret as ISecret, USER),
      port: PORT,
      vpc,
      vpcSubnets: { subnetType: SubnetType.PRIVATE_WITH_EGRESS },
      securityGroups: [this.#door(props)],
      publiclyAccessible: false,
      multiAz: settings.multiAz,
      storageType: StorageType.GP3,
      allocatedStorage: settings.storageGibibytes,
      maxAllocatedStorage: Math.min(settings.storageGibibytes * 4, LARGEST_DISK_GIBIBYTES),
      storageEncrypted: true,
      storageEncryptionKey: key,
      iamAuthentication: true,
      parameterGroup: new ParameterGroup(this, 'parameters', {
        engine: ENGINE,
        parameters: { 'rds.force_ssl': '1', log_min_duration_statement: '1000' },
      }),
      backupRetention: Duration.days(settings.backupDays),
      copyTagsToSnapshot: true,
      deletionProtection: keepData,
      removalPolicy: keepData ? KEEP : RemovalPolicy.SNAPSHOT,
      enablePerformanceInsights: true,
      performanceInsightRetention: PerformanceInsightRetention.DEFAULT,
      performanceInsightEncryptionKey: key,
      cloudwatchLogsExports: ['postgresql'],
      autoMinorVersionUpgrade: true,
    });
    this.host = instance.dbInstanceEndpointAddress;
    this.#explain(instance, props);
  }

  /** Letters and digits alone: each other character means something in a URL. */
  #password({ key, secretName, keepData }: DatabaseProps): Secret {
    const secret = new Secret(this, 'password', {
      secretName,
      description: 'Password of the user mlflow in the database of MLflow.',
      encryptionKey: key,
      removalPolicy: removalPolicy({ keepData }),
      generateSecretString: {
        secretStringTemplate: JSON.stringify({ username: USER }),
        generateStringKey: 'password',
        excludePunctuation: true,
        passwordLength: 40,
      },
    });
    accept(secret, {
      id: 'AwsSolutions::AwsSolutions-SMG4',
      reason:
        'MLflow reads the password when its pods start, so a rotation by itself would cut its connection. docs/how-to/deploy-eks.md has the steps of a rotation.',
    });
    return secret;
  }

  #door({ vpc, network }: DatabaseProps): SecurityGroup {
    const group = new SecurityGroup(this, 'door', {
      vpc,
      description: 'Postgres of MLflow',
      allowAllOutbound: false,
    });
    group.addIngressRule(Peer.ipv4(network), Port.tcp(PORT), 'Pods of the cluster');
    return group;
  }

  #explain(instance: DatabaseInstance, { settings, keepData }: DatabaseProps): void {
    accept(instance, {
      id: 'AwsSolutions::AwsSolutions-RDS11',
      reason:
        'Another port hides nothing from who is in the network. The security group and TLS protect the port.',
    });
    if (!settings.multiAz) {
      accept(instance, {
        id: 'AwsSolutions::AwsSolutions-RDS3',
        reason:
          'The settings ask for a database without a standby, for trials. `multiAz: true` adds the standby.',
      });
    }
    if (!keepData) {
      accept(instance, {
        id: 'AwsSolutions::AwsSolutions-RDS10',
        reason:
          'A person asked to delete the database, and RDS deletes none that is protected. RDS makes a last snapshot.',
      });
    }
  }
}
