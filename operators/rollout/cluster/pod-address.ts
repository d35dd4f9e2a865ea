import { HTTP_PORT } from '../../../services/shared/agreements/http-paths.ts';
import type { Container, Pod } from './objects.ts';

/**
 * Host and port of the container's HTTP server. A sidecar may name a port `http` too, so only the ports of this container
 * count.
 */
export function podAddress({ spec, status }: Pod, container: string): string {
  const host = status?.podIP ?? '';
  const port = portOf(spec?.containers.find(({ name }) => name === container));
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** The port `http`. Without one the first TCP port, and without that the port of the product. */
function portOf(container: Container | undefined): number {
  const ports = container?.ports?.filter(({ protocol = 'TCP' }) => protocol === 'TCP') ?? [];
  const port = ports.find(({ name }) => name === 'http') ?? ports[0];
  return port?.containerPort ?? HTTP_PORT;
}
