/**
 * Images that others build, each by tag and digest. The digest decides which image runs, and the tag says to people which
 * version that is. A digest names the list of the images of all platforms. Each was found in several independent public
 * repositories in November 2026. `docker buildx imagetools inspect TAG` prints the digest of a newer tag.
 */
export const THIRD_PARTY_IMAGES = {
  // PostgreSQL 15.19.
  postgres: 'postgres:15-bookworm@sha256:539ceaaae49b3a7c8a04467cf00cc6788d8e3f1675df41860d86eebc4c40524f',
  prometheus:
    'prom/prometheus:v2.53.0@sha256:075b1ba2c4ebb04bc3a6ab86c06ec8d8099f8fda1c96ef6d104d9bb1def1d8bc',
  grafana: 'grafana/grafana:11.6.0@sha256:62d2b9d20a19714ebfe48d1bb405086081bc602aa053e28cf6d73c7537640dfb',
  pushgateway:
    'prom/pushgateway:v1.9.0@sha256:98a458415f8f5afcfd45622d289a0aa67063563bec0f90d598ebc76783571936',
} as const;

/** The text without digests. A cluster that cannot pull finds images by their tags alone. */
export function byTags(text: string): string {
  return text.replaceAll(/@sha256:[0-9a-f]{64}\b/g, '');
}
