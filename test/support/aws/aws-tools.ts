import { pythonEnvironment } from '../../clients/python-environment.ts';

/** Time for a hook that may install the tools. Later runs need none. */
export const AWS_TOOLS_MILLISECONDS = 420_000;

/** @returns the directory with `ministack`, `moto_server` and `cfn-lint`. It is made once, below `.cache/python` */
export function awsTools(): Promise<string> {
  return pythonEnvironment('test/support/aws/aws-tools-requirements.txt', { complete: true });
}
