import type { Logger } from '../../../services/shared/logging.ts';
import type { RolloutConfig } from '../config.ts';
import { type Authority, authorityOf } from './authority.ts';
import { HostList } from './host-list.ts';

/** The servers that specs may name. */
export interface AllowedServers {
  readonly registries: HostList;
  readonly prometheuses: HostList;
  readonly notifications: HostList;
}

/** By default the operator calls the servers of its own installation, and no other server. */
export function allowedServers(config: RolloutConfig, logger: Logger): AllowedServers {
  const { REGISTRY_HOSTS, PROMETHEUS_HOSTS, MLFLOW_TRACKING_URI, PROMETHEUS_URL } = config;
  const registries = new HostList({
    setting: 'REGISTRY_HOSTS',
    field: 'spec.registry.url',
    allowed: REGISTRY_HOSTS ?? ownServer(MLFLOW_TRACKING_URI),
  });
  const prometheuses = new HostList({
    setting: 'PROMETHEUS_HOSTS',
    field: 'spec.analysis.prometheus',
    allowed: PROMETHEUS_HOSTS ?? ownServer(PROMETHEUS_URL),
  });
  const notifications = new HostList({
    setting: 'NOTIFICATION_HOSTS',
    field: 'the Secret of spec.notifications',
    allowed: config.NOTIFICATION_HOSTS ?? [],
    isSecretUrl: true,
  });
  if (registries.isEmpty) {
    logger.warn('no registry may be called, so no alias is read; set MLFLOW_TRACKING_URI or REGISTRY_HOSTS');
  }
  return { registries, prometheuses, notifications };
}

function ownServer(url: string | undefined): readonly Authority[] {
  return url === undefined ? [] : [authorityOf(new URL(url))];
}
