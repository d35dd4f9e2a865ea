/** A check that failed for an object. */
export interface Finding {
  readonly check: string;
  readonly name: string;
  /** Kind and name, such as `Deployment/mlflow`. */
  readonly object: string;
  /** Path from the root of the project. */
  readonly file: string;
}

export interface Exception {
  readonly check: string;
  /** Objects for which the check may fail, in any environment. */
  readonly objects: RegExp;
  readonly reason: string;
}

/** Findings that are not mended. Each check still holds for every other object. */
export const EXCEPTIONS: readonly Exception[] = [
  {
    check: 'CKV_K8S_15',
    objects: /./,
    reason:
      'Image Pull Policy Always: tags are immutable and third-party images have digests. A node that has an image must start without the registry.',
  },
  {
    check: 'CKV_K8S_21',
    objects: /^Job\/http-check$/,
    reason:
      'Default namespace: the Job asks as a client of another namespace, and every cluster has this namespace.',
  },
  {
    check: 'CKV_K8S_38',
    objects: /^(Deployment\/(inference|rollout)|Job\/secrets)$/,
    reason:
      'Service Account Tokens: these three call the API server, each with a Role of its own. All others have no token.',
  },
  {
    check: 'CKV_K8S_40',
    objects: /^(StatefulSet\/postgres|Deployment\/grafana)$/,
    reason:
      'High UID: the files of a database belong to 999, and the image of Grafana is made for 472. See charts/users.ts.',
  },
  {
    check: 'CKV_K8S_43',
    objects:
      /^(Deployment\/(inference(-canary)?|rollout|mlflow)|StatefulSet\/kinesis|Job\/[a-z0-9-]+|CronJob\/[a-z0-9-]+)$/,
    reason:
      'Digests: images of this project have a digest only once they are pushed. Their tags are immutable. A unit test asks for digests of all others.',
  },
];

/** Findings without an exception, and exceptions without a finding, in words. */
export function problemsOf(
  findings: readonly Finding[],
  exceptions: readonly Exception[] = EXCEPTIONS,
): string[] {
  const covers = ({ check, objects }: Exception, finding: Finding) =>
    check === finding.check && objects.test(finding.object);
  const open = findings.filter((finding) => !exceptions.some((exception) => covers(exception, finding)));
  const unused = exceptions.filter((exception) => !findings.some((finding) => covers(exception, finding)));
  return [
    ...open.map(
      ({ check, name, object, file }) =>
        `${file}: ${object} fails ${check} (${name}). Mend the chart, or add an exception with its reason to test/scanners/exceptions.ts`,
    ),
    ...unused.map(
      ({ check }) => `the exception for ${check} in test/scanners/exceptions.ts covers nothing: remove it`,
    ),
  ];
}
