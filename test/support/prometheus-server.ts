import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { freePort } from '../../scripts/stack/free-port.ts';
import { answers, ManagedProcess } from '../../scripts/stack/managed-process.ts';

/** False if the tests that need Prometheus must be skipped. */
export const prometheusInstalled = spawnSync('promtool', ['--version']).status === 0;
if (!prometheusInstalled) console.warn('skipped: install `prometheus` on PATH to run these tests');

export interface PrometheusServerOptions {
  readonly scrapeConfigs?: readonly object[];
  /** Samples with times in the past, as OpenMetrics text without its last line. */
  readonly history?: string;
}

/** A real Prometheus with an empty or a given past. */
export class PrometheusServer implements AsyncDisposable {
  readonly url: string;
  readonly #process: ManagedProcess;
  readonly #directory: string;

  private constructor(url: string, process: ManagedProcess, directory: string) {
    this.url = url;
    this.#process = process;
    this.#directory = directory;
  }

  static async start({ scrapeConfigs = [], history }: PrometheusServerOptions): Promise<PrometheusServer> {
    const directory = mkdtempSync(`${tmpdir()}/prometheus-`);
    const global = { scrape_interval: '200ms', scrape_timeout: '200ms' };
    writeFileSync(`${directory}/prometheus.yml`, JSON.stringify({ global, scrape_configs: scrapeConfigs }));
    if (history !== undefined) {
      writeFileSync(`${directory}/history`, `${history}# EOF\n`);
      const command = [
        'tsdb',
        'create-blocks-from',
        'openmetrics',
        `${directory}/history`,
        `${directory}/data`,
      ];
      const { status, stderr } = spawnSync('promtool', command);
      if (status !== 0) throw new Error(`promtool did not take the history: ${stderr}`);
    }
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const process = new ManagedProcess({
      name: 'Prometheus',
      command: 'prometheus',
      arguments: [
        `--config.file=${directory}/prometheus.yml`,
        `--storage.tsdb.path=${directory}/data`,
        `--web.listen-address=127.0.0.1:${port}`,
      ],
      logFile: `${directory}/prometheus.log`,
    });
    await process.waitUntil('ready', 60_000, () => answers(`${url}/-/ready`));
    return new PrometheusServer(url, process, directory);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process.stop();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
