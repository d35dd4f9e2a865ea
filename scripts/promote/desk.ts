import type { Clock } from '../../services/shared/clock.ts';
import type { ModelRegistry } from '../../services/shared/mlflow/model-registry.ts';
import type { Command } from '../command-line/command.ts';
import type { Environment } from '../command-line/run-tool.ts';
import type { Terminal } from '../command-line/terminal.ts';
import type { Followers } from './followers.ts';

/** All that a command works with: MLflow, one model, and the person. */
export interface Desk {
  /** @throws UsageError if no MLflow is named, or its credentials are not usable. Commands about keys need none. */
  readonly registry: () => ModelRegistry;
  /** Says where MLflow is, for people. */
  readonly place: string;
  /** Finds the ModelDeployments that follow the alias, as far as the kubeconfig leads to them. */
  readonly findFollowers: (namespaces: readonly string[]) => Promise<Followers>;
  readonly model: string;
  readonly alias: string;
  readonly environment: Environment;
  readonly clock: Pick<Clock, 'now'>;
  readonly terminal: Terminal;
}

/** A command about the versions of one model. */
export type PromoteCommand = Command<Desk>;
