import { createHmac, createSecretKey, hash, type KeyObject } from 'node:crypto';

/** As the signer of the SDK gives it: the secret access key is a text, and each derived key is bytes. */
type Secret = string | ArrayBuffer | ArrayBufferView;

/** The current secret access key makes two texts. The others are of credentials that were replaced. */
const KEPT_TEXTS = 8;

/** The signer keeps its signing keys itself, and gives the same array each time. */
const keysOfBytes = new WeakMap<object, KeyObject>();
const keysOfTexts = new Map<string, KeyObject>();

/**
 * SHA-256 for the signer of the SDK, or HMAC-SHA-256 if there is a secret. Every secret is kept as a KeyObject. On Node 24,
 * createHmac with raw bytes throws and catches an error inside, which costs more CPU time than the rest of a signature.
 */
export class KeyedSha256 {
  readonly #key: KeyObject | undefined;
  #parts: Uint8Array[] = [];

  constructor(secret?: Secret) {
    this.#key = secret === undefined ? undefined : keyOf(secret);
  }

  update(data: Uint8Array): void {
    this.#parts.push(data);
  }

  async digest(): Promise<Uint8Array> {
    const [first = new Uint8Array(), ...others] = this.#parts;
    const data = others.length === 0 ? first : Buffer.concat(this.#parts);
    return this.#key === undefined
      ? hash('sha256', data, 'buffer')
      : createHmac('sha256', this.#key).update(data).digest();
  }

  reset(): void {
    this.#parts = [];
  }
}

function keyOf(secret: Secret): KeyObject {
  return typeof secret === 'string' ? keyOfText(secret) : keyOfBytes(secret);
}

function keyOfText(secret: string): KeyObject {
  const known = keysOfTexts.get(secret);
  if (known !== undefined) return known;
  if (keysOfTexts.size >= KEPT_TEXTS) keysOfTexts.clear();
  const key = createSecretKey(secret, 'utf8');
  keysOfTexts.set(secret, key);
  return key;
}

function keyOfBytes(secret: ArrayBuffer | ArrayBufferView): KeyObject {
  const known = keysOfBytes.get(secret);
  if (known !== undefined) return known;
  const key = createSecretKey(secret as NodeJS.ArrayBufferView);
  keysOfBytes.set(secret, key);
  return key;
}
