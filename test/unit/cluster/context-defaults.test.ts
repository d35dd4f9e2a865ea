import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { withContextDefaults } from '../../cluster/context-defaults.ts';
import { readSettings } from '../../cluster/settings.ts';

describe('on a context of kind', () => {
  test('images are loaded into the cluster of the context, whatever its name', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z0-9.-]{1,40}$/), (name) => {
        expect(withContextDefaults(readSettings({}), `kind-${name}`)).toMatchObject({
          IMAGE_LOADER: `kind load docker-image --name ${name}`,
          STOP_API_SERVER: `docker exec ${name}-control-plane pkill -STOP kube-apiserver`,
          START_API_SERVER: `docker exec ${name}-control-plane pkill -CONT kube-apiserver`,
        });
      }),
    );
  });

  test('the Docker client that builds also reaches the node', () => {
    const settings = withContextDefaults(readSettings({ DOCKER: '/usr/bin/docker' }), 'kind-a');
    expect(settings.STOP_API_SERVER).toMatch(/^\/usr\/bin\/docker exec a-control-plane /);
  });

  test('what is set by hand stays, and half of a pair is not completed', () => {
    const given = readSettings({ IMAGE_LOADER: 'load', STOP_API_SERVER: 'stop' });
    const settings = withContextDefaults(given, 'kind-a');
    expect(settings).toMatchObject({ IMAGE_LOADER: 'load', STOP_API_SERVER: 'stop' });
    expect(settings.START_API_SERVER).toBeUndefined();
  });
});

describe.each(['test-cluster', 'minikube', 'a-kind-b', 'kind-', 'kind-a b'])(
  'on the context %s',
  (context) => {
    test('the loader of images must be named', () => {
      expect(() => withContextDefaults(readSettings({}), context)).toThrow(
        `IMAGE_LOADER is missing, and the context ${context} is no cluster of kind`,
      );
      expect(withContextDefaults(readSettings({ IMAGE_LOADER: 'load' }), context).IMAGE_LOADER).toBe('load');
    });

    test('nothing is loaded if the images are there, and the API server is left alone', () => {
      const settings = withContextDefaults(readSettings({ SKIP_BUILD: 'true' }), context);
      expect(settings.STOP_API_SERVER).toBeUndefined();
    });
  },
);
