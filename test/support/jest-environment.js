import { TestEnvironment } from 'jest-environment-node';

// onnxruntime-node checks tensors with `instanceof` against the typed arrays of the outer realm.
// Jest's sandbox has typed arrays of its own, so this environment puts the outer ones in their place.
const OUTER_REALM = [
  ArrayBuffer,
  SharedArrayBuffer,
  Uint8Array,
  Uint8ClampedArray,
  Int8Array,
  Uint16Array,
  Int16Array,
  Uint32Array,
  Int32Array,
  BigInt64Array,
  BigUint64Array,
  Float16Array,
  Float32Array,
  Float64Array,
];

export default class extends TestEnvironment {
  async setup() {
    await super.setup();
    for (const outer of OUTER_REALM) this.global[outer.name] = outer;
  }
}
