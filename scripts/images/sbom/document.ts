import { createHash } from 'node:crypto';
import type { BuildLabels } from '../plan.ts';
import type { Component } from './component.ts';

/** A CycloneDX document about an image. The same packages of the same commit give the same text. */
export function sbomDocument(image: string, components: readonly Component[], labels: BuildLabels): string {
  const { version, created, revision } = labels;
  const body = {
    metadata: {
      ...(created === undefined ? {} : { timestamp: created }),
      component: {
        type: 'container',
        'bom-ref': image,
        name: image,
        version,
        ...(revision === undefined
          ? {}
          : { properties: [{ name: 'org.opencontainers.image.revision', value: revision }] }),
      },
    },
    components,
    dependencies: [{ ref: image, dependsOn: components.map((component) => component['bom-ref']) }],
  };
  const serialNumber = `urn:uuid:${uuidOf(JSON.stringify(body))}`;
  const head = { bomFormat: 'CycloneDX', specVersion: '1.5', serialNumber, version: 1 };
  return `${JSON.stringify({ ...head, ...body }, null, 2)}\n`;
}

/** A UUID of the form of RFC 9562, version 8, from the content. */
function uuidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  const variant = ((Number.parseInt(hex[16] ?? '0', 16) & 0x3) | 0x8).toString(16);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}
