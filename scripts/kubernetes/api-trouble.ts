import { STATUS_CODES } from 'node:http';
import type { KubernetesError } from '../../services/shared/kubernetes/kubernetes-error.ts';
import { printable } from '../../services/shared/printable.ts';
import type { ChosenContext } from './chosen-context.ts';

/** A call of the API, in the words of RBAC. */
export interface ApiCall {
  readonly verb: 'get' | 'list' | 'watch' | 'patch' | 'create';
  /** With its group, e.g. `modeldeployments.serving.loan-eligibility.dev`. */
  readonly resource: string;
  /** What it is about, e.g. `ModelDeployment loan in namespace prod`. */
  readonly object: string;
}

/** A call that failed. The message is for people. */
export class ApiTrouble extends Error {
  override readonly name = 'ApiTrouble';
  /** HTTP status. 0 if there was no answer. */
  readonly status: number;

  constructor(error: KubernetesError, call: ApiCall, where: Where) {
    super(messageOf(error, call, where), { cause: error });
    this.status = error.status;
  }
}

type Where = Pick<ChosenContext, 'context' | 'namespace' | 'isGuess' | 'kubeConfig'>;

const DETAIL_CHARACTERS = 500;

/** One line: the object, the HTTP status, what the server said, and what to do. */
function messageOf(error: KubernetesError, call: ApiCall, where: Where): string {
  const detail = printable(detailOf(error), DETAIL_CHARACTERS).trim();
  const { status } = error;
  if (status === 0) {
    const server = where.kubeConfig.getCurrentCluster()?.server ?? 'the server';
    return `${call.object}: no answer from ${server} (${contextText(where)}): ${detail}; ${unreachableAdvice(error, where)}`;
  }
  const answer = `${status} ${STATUS_CODES[status] ?? ''}`.trim();
  const said = answer.endsWith(detail) ? '' : `: ${detail}`;
  return `${call.object}: the API server answered ${answer}${said}; ${adviceOn(error, call, where)}`;
}

/** Names of errors of Node say little. */
function detailOf({ detail, cause }: KubernetesError): string {
  if (cause instanceof SyntaxError) return 'what it sent is no JSON, so it is no API server';
  if (cause instanceof DOMException && cause.name === 'TimeoutError') return 'it takes too long';
  return detail;
}

function contextText({ context, isGuess }: Where): string {
  return isGuess ? 'there is no kubeconfig' : `context ${context}`;
}

function unreachableAdvice({ cause }: KubernetesError, { isGuess, context }: Where): string {
  if (isGuess) return 'give --kubeconfig, or set KUBECONFIG';
  const { code = '', syscall = '' } = (cause ?? {}) as NodeJS.ErrnoException;
  if (/^(spawn|open)/.test(syscall))
    return `the credentials of context ${context} need a program or a file that is not there`;
  if (/CERT|SIGNATURE|^ERR_TLS/.test(code))
    return `check certificate-authority and tls-server-name of context ${context} in the kubeconfig`;
  return 'check that the cluster runs, or give another one by --context or --kubeconfig';
}

function adviceOn({ status, detail, retryAfterMilliseconds }: KubernetesError, call: ApiCall, where: Where) {
  const { verb, resource } = call;
  const { context, namespace } = where;
  switch (status) {
    case 401:
      return `the credentials of context ${context} are missing, wrong or expired: log in again`;
    case 403:
      // An admission policy may answer 403 too, and says itself what it wants.
      if (!/ cannot \w+ (resource|path) /.test(detail)) return 'a policy of the cluster refused the call';
      return `you need the verb ${verb} on ${resource}: ask who administers the cluster, and check with \`kubectl auth can-i ${verb} ${resource} --namespace ${namespace}\``;
    case 404:
      return `the server does not know ${resource}: apply the manifests of k8s/cluster, or give another cluster by --context`;
    case 409:
      return 'other clients change the object all the time: run the command again';
    case 422:
      return 'the server refused the change, and its message says why';
    case 429:
      return `it has too much to do: try again in ${Math.ceil((retryAfterMilliseconds ?? 1000) / 1000)} s`;
    default:
      return status >= 500
        ? `try again; \`kubectl get --raw /readyz?verbose --context ${context}\` shows what is wrong with the server`
        : 'check that --context names the API server';
  }
}
