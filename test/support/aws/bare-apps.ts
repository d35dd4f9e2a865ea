import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { App } from 'aws-cdk-lib';
import { checkedApp } from '../../../infrastructure/app.ts';
import type { AwsEnvironment } from '../../../infrastructure/environment-schema.ts';

/** Makes CDK apps whose syntheses copy no programs of functions, in a folder that goes when it is disposed. */
export class BareApps implements Disposable {
  readonly #folder = mkdtempSync(join(tmpdir(), 'bare-apps-'));
  #count = 0;

  make(environment: AwsEnvironment): App {
    return checkedApp(environment, {
      outdir: join(this.#folder, String(this.#count++)),
      context: { 'aws:cdk:disable-asset-staging': true },
    });
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
