export { type KubeApiServer, startKubeApiServer } from '../../scripts/stack/kube-api-server.ts';
