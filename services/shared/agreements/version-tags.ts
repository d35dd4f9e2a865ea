/** Tags of a version in MLflow that training writes, and that signed statements quote. */

/** Digest of the files of the version, `sha256:` and hex. */
export const DIGEST_TAG = 'digest';

/** Digest of the files card.md and card.html of the version, computed as the digest of the model is. */
export const CARD_TAG = 'card_digest';
