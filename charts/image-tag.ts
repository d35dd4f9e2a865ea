/** Tag of the images of this release. A tag never changes its image, so each release has its own. */
export const IMAGE_TAG = '0.1.0';
