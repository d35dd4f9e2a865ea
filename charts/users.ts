/**
 * User of the containers whose images this project builds, as in the Dockerfile. Below 10,000 a user of the node may have
 * the same number, and would own the files of the container if it broke out.
 */
export const OWN_USER = 10_001;

/** User of the official Postgres image. The files of an existing database belong to it, and Postgres takes no others. */
export const POSTGRES_USER = 999;

/** User of the official Grafana image. Nobody has tried another. */
export const GRAFANA_USER = 472;

/** `nobody`, the user of the official images of Prometheus and of the Pushgateway. */
export const NOBODY = 65_534;
