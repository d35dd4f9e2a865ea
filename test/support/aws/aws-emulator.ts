import { NodeHttpHandler } from '@smithy/node-http-handler';
import { freePort } from '../../../scripts/stack/free-port.ts';
import { answers, ManagedProcess } from '../../../scripts/stack/managed-process.ts';
import { awsTools } from './aws-tools.ts';

const START_MILLISECONDS = 60_000;

export interface AwsEmulatorOptions {
  /** Directory for the log, and for files that the emulator may write. */
  readonly directory: string;
  /** Account whose resources the emulator shows. */
  readonly account: string;
  readonly region: string;
}

interface Program {
  readonly name: string;
  readonly command: string;
  readonly arguments: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly health: string;
}

/** An AWS on loopback: CloudFormation and the services whose resources it makes. It ends with this process. */
export class AwsEmulator implements AsyncDisposable {
  readonly url: string;
  readonly account: string;
  readonly region: string;
  readonly process: ManagedProcess;

  private constructor(url: string, process: ManagedProcess, { account, region }: AwsEmulatorOptions) {
    this.url = url;
    this.process = process;
    this.account = account;
    this.region = region;
  }

  /** The emulator that is nearest to AWS. It has an own set of resources for each account and region. */
  static async ministack(options: AwsEmulatorOptions): Promise<AwsEmulator> {
    const [bin, port] = [await awsTools(), await freePort()];
    return AwsEmulator.#start(options, port, {
      name: 'ministack',
      command: `${bin}/ministack`,
      arguments: [],
      environment: {
        BIND_HOST: '127.0.0.1',
        GATEWAY_PORT: String(port),
        MINISTACK_REGION: options.region,
        // For keys that name no account.
        MINISTACK_ACCOUNT_ID: options.account,
        // Neither listener is needed, and both have fixed ports.
        IOT_MTLS_ENABLED: '0',
        SFTP_ENABLED: '0',
        ...noDocker(options),
      },
      health: '/_ministack/health',
    });
  }

  /** An emulator that knows less of CloudFormation, and other things than ministack does. */
  static async moto(options: AwsEmulatorOptions): Promise<AwsEmulator> {
    const [bin, port] = [await awsTools(), await freePort()];
    return AwsEmulator.#start(options, port, {
      name: 'moto',
      command: `${bin}/moto_server`,
      arguments: ['--host', '127.0.0.1', '--port', String(port)],
      environment: { MOTO_ACCOUNT_ID: options.account, ...noDocker(options) },
      health: '/moto-api/data.json',
    });
  }

  static async #start(options: AwsEmulatorOptions, port: number, program: Program): Promise<AwsEmulator> {
    const url = `http://127.0.0.1:${port}`;
    const { health, ...rest } = program;
    const process = new ManagedProcess({
      ...rest,
      workingDirectory: options.directory,
      logFile: `${options.directory}/${program.name}.log`,
    });
    try {
      await process.waitUntil('ready', START_MILLISECONDS, () => answers(url + health));
    } catch (error) {
      await process.stop();
      throw error;
    }
    return new AwsEmulator(url, process, options);
  }

  /** Settings for a client of the AWS SDK. The key is the account: ministack takes the account from the key. */
  get clientSettings() {
    return {
      endpoint: this.url,
      region: this.region,
      credentials: { accessKeyId: this.account, secretAccessKey: 'emulator' },
      // Not every emulator speaks HTTP/2, which is the default for Kinesis.
      requestHandler: new NodeHttpHandler({
        connectionTimeout: 2_000,
        requestTimeout: 20_000,
        throwOnRequestTimeout: true,
      }),
    };
  }

  /** Variables that make a program speak to the emulator instead of AWS, whatever is configured on this machine. */
  get variables(): Readonly<Record<string, string>> {
    return {
      AWS_ENDPOINT_URL: this.url,
      AWS_REGION: this.region,
      AWS_DEFAULT_REGION: this.region,
      AWS_ACCESS_KEY_ID: this.account,
      AWS_SECRET_ACCESS_KEY: 'emulator',
      AWS_SESSION_TOKEN: '',
      AWS_CONFIG_FILE: '/dev/null',
      AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_MAX_ATTEMPTS: '2',
    };
  }

  /** Makes this process, and programs that it starts, speak to the emulator. */
  takeThisProcess(): void {
    Object.assign(process.env, this.variables);
    // A profile would win over the key of the emulator.
    delete process.env.AWS_PROFILE;
  }

  /**
   * Does `work`, which needs the emulator.
   * @throws Error with the end of the emulator's log, if the emulator ends before `work` does
   */
  during<T>(work: Promise<T>): Promise<T> {
    const ended = this.process.exit().then((code) => {
      throw new Error(`the emulator ended with code ${code}\n${this.process.logTail()}`);
    });
    return Promise.race([work, ended]);
  }

  stop(): Promise<void> {
    return this.process.stop();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}

/** Emulators start containers for databases if they find Docker. The tests need none, and none may stay running. */
function noDocker({ directory }: AwsEmulatorOptions): Record<string, string> {
  return { DOCKER_HOST: `unix://${directory}/no-docker.sock`, TMPDIR: directory };
}
