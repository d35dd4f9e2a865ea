import { SYSTEM_NAME } from '../../services/shared/agreements/kubernetes-names.ts';
import { STREAM_NAMES } from '../../services/shared/agreements/stream-names.ts';
import type { CommandOption } from '../command-line/command.ts';

/** Options of every command: where leases and streams are. */
export const COMMON_OPTIONS: readonly CommandOption[] = [
  {
    name: 'stream',
    value: 'NAME',
    help: `input stream, name or ARN (default $INPUT_STREAM, else ${STREAM_NAMES.input})`,
  },
  {
    name: 'rejects',
    value: 'NAME',
    help: `dead-letter stream, name or ARN (default $REJECT_STREAM, else ${STREAM_NAMES.rejects})`,
  },
  { name: 'group', value: 'NAME', help: `consumer group (default $CONSUMER_GROUP, else ${SYSTEM_NAME})` },
  {
    name: 'namespace',
    value: 'NAME',
    help: `namespace of the Leases (default $POD_NAMESPACE, else ${SYSTEM_NAME})`,
  },
  { name: 'context', value: 'NAME', help: 'kubectl context (default the current context)' },
  { name: 'lease-file', value: 'PATH', help: 'use a lease file instead of Leases in Kubernetes' },
  {
    name: 'endpoints',
    value: 'PATH',
    help: 'file of `make local`: its Kinesis, its streams and its lease file',
  },
  { name: 'endpoint', value: 'URL', help: 'Kinesis endpoint (default $KINESIS_ENDPOINT, else AWS)' },
  { name: 'region', value: 'NAME', help: 'region of the streams (default $AWS_REGION, else us-east-1)' },
  { name: 'help', help: 'this text' },
];

export const YES_OPTION: CommandOption = { name: 'yes', help: 'make the change without a question' };
