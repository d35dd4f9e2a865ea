import type { Settings } from './settings.ts';

/** Settings with all that depends on the context. */
export interface ClusterSettings extends Settings {
  readonly IMAGE_LOADER: string;
}

/** Name of the cluster in a context of kind. Undefined for other contexts. */
function kindCluster(context: string): string | undefined {
  return /^kind-([a-z0-9.-]+)$/.exec(context)?.[1];
}

/**
 * Fills in the settings that a context of kind tells: how images reach its nodes, and how its API server is stopped.
 * @throws Error if images must be loaded and nothing says how
 */
export function withContextDefaults(settings: Settings, context: string): ClusterSettings {
  const name = kindCluster(context);
  if (name === undefined) {
    const { IMAGE_LOADER, SKIP_BUILD } = settings;
    if (IMAGE_LOADER === undefined && !SKIP_BUILD)
      throw new Error(
        `IMAGE_LOADER is missing, and the context ${context} is no cluster of kind: name the command that loads images ` +
          'onto its nodes, or set SKIP_BUILD=true if the images are there already',
      );
    return { ...settings, IMAGE_LOADER: IMAGE_LOADER ?? '' };
  }
  const send = (signal: string) =>
    `${settings.DOCKER} exec ${name}-control-plane pkill -${signal} kube-apiserver`;
  const { STOP_API_SERVER, START_API_SERVER } = settings;
  // Half of a pair that is set by hand is not completed: the two commands belong together.
  const outage =
    STOP_API_SERVER === undefined && START_API_SERVER === undefined
      ? { STOP_API_SERVER: send('STOP'), START_API_SERVER: send('CONT') }
      : {};
  return {
    ...settings,
    IMAGE_LOADER: settings.IMAGE_LOADER ?? `kind load docker-image --name ${name}`,
    ...outage,
  };
}
