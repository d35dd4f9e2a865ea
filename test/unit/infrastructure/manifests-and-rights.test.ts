import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { SELECTED } from '../../../infrastructure/environments.ts';
import { usesOf } from '../../../infrastructure/names.ts';
import { needed, PERMISSIONS } from '../../../infrastructure/permissions.ts';
import { placeOf } from '../../../infrastructure/place.ts';
import { repositoryRoot } from '../../../scripts/stack/paths.ts';
import { evaluate } from '../../support/iam/evaluate.ts';
import { tablePolicy } from '../../support/iam/table-policy.ts';
import { type ManifestObject, objectsOf, podTemplate } from '../../support/manifest-objects.ts';

const EKS = `${repositoryRoot}/k8s/eks`;
const PLACE = placeOf(SELECTED, 'arn:aws:kms:us-east-1:111122223333:key/1');
const S3_URI = /s3:\/\/[^\s"',]{1,1024}/g;
/** What the service does with the stream of each setting. */
const STREAM_ACTIONS: Readonly<Record<string, string>> = {
  INPUT_STREAM: 'kinesis:GetRecords',
  OUTPUT_STREAM: 'kinesis:PutRecords',
  REJECT_STREAM: 'kinesis:PutRecords',
};
const S3_ACTIONS = ['s3:GetObject', 's3:PutObject'];

interface Workload {
  readonly name: string;
  readonly account: string;
  readonly containers: readonly ManifestObject[];
}

function workloads(): Workload[] {
  const files = readdirSync(EKS).filter((file) => file.endsWith('.yaml'));
  const objects = objectsOf(new Map(files.map((file) => [file, readFileSync(`${EKS}/${file}`, 'utf8')])));
  return objects.flatMap((object) => {
    const { spec } = podTemplate(object) ?? {};
    if (!spec?.containers) return [];
    const containers = [...spec.containers, ...(spec.initContainers ?? [])];
    return [{ name: object.metadata.name, account: spec.serviceAccountName ?? 'none', containers }];
  });
}

function mayDo(account: string, actions: readonly string[], resource: string): boolean {
  const own = needed(PERMISSIONS, usesOf(SELECTED)).filter((permission) => permission.account === account);
  const policy = tablePolicy(own, PLACE);
  return actions.some((action) => evaluate([policy], { action, resource, context: {} }) === 'allowed');
}

/** Two files name a prefix or a stream: the manifests, and the table of rights. */
describe('the pods of k8s/eks may use', () => {
  test('every object in S3 that their manifest names', () => {
    const named = workloads().flatMap(({ account, containers }) =>
      [...JSON.stringify(containers).matchAll(S3_URI)].map(([uri]) => ({ account, uri })),
    );
    expect(new Set(named.map(({ account }) => account))).toEqual(
      new Set(['mlflow', 'training', 'batch-scoring']),
    );
    for (const { account, uri } of named) {
      const resource = uri.replace('s3://', 'arn:aws:s3:::');
      // A manifest names an object, or the prefix of objects.
      const isAllowed = [resource, `${resource}/a`].some((it) => mayDo(account, S3_ACTIONS, it));
      expect([account, uri, isAllowed]).toEqual([account, uri, true]);
    }
  });

  test('every stream that their manifest names', () => {
    const named = workloads().flatMap(({ account, containers }) =>
      containers.flatMap(({ env = [] }) =>
        env
          .filter(({ name }: ManifestObject) => name in STREAM_ACTIONS)
          .map(({ name, value }: ManifestObject) => ({ account, name, value })),
      ),
    );
    expect(named.length).toBeGreaterThanOrEqual(3);
    const { region, account: id } = SELECTED;
    for (const { account, name, value } of named) {
      const stream = `arn:aws:kinesis:${region}:${id}:stream/${value}`;
      expect([account, name, mayDo(account, [STREAM_ACTIONS[name] ?? ''], stream)]).toEqual([
        account,
        name,
        true,
      ]);
    }
  });
});
