import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { expect, test } from '@jest/globals';
import { foreignImages } from '../../cluster/install.ts';
import { readSettings } from '../../cluster/settings.ts';
import { systemFiles } from '../../cluster/system-files.ts';

test('the manifests name images of others by digest', () => {
  const images = foreignImages(systemFiles(readSettings({})));
  expect(images.length).toBeGreaterThan(0);
  for (const image of images) expect(image).toMatch(/^[\w./-]+:[\w.-]+@sha256:[0-9a-f]{64}$/);
});

test('IMAGES_BY_TAG changes nothing but the digests', () => {
  const whole = systemFiles(readSettings({ WITHOUT: 'grafana' }));
  const copies = systemFiles(readSettings({ WITHOUT: 'grafana', IMAGES_BY_TAG: 'true' }));
  expect(copies.map((file) => basename(file))).toEqual(whole.map((file) => basename(file)));
  expect(foreignImages(copies)).toEqual(foreignImages(whole).map((image) => image.split('@')[0]));
  const text = (files: readonly string[]) => files.map((file) => readFileSync(file, 'utf8')).join('');
  expect(text(copies)).toBe(text(whole).replaceAll(/@sha256:\w+/g, ''));
});
