import { k8s } from 'cdk8s-plus-27';

/** CPU as the API server writes it, so that applying the same manifest again changes nothing: 2000m is `2`. */
export function millis(value: number): k8s.Quantity {
  return k8s.Quantity.fromString(value % 1000 === 0 ? `${value / 1000}` : `${value}m`);
}

/** Memory or storage as the API server writes it: 1024Mi is `1Gi`. */
export function mebibytes(value: number): k8s.Quantity {
  return k8s.Quantity.fromString(value % 1024 === 0 ? `${value / 1024}Gi` : `${value}Mi`);
}

/** The number that {@link mebibytes} wrote. */
export function mebibytesOf(quantity: k8s.Quantity): number {
  const [, number, unit] = /^(\d+)(Mi|Gi)$/.exec(String(quantity.value)) ?? [];
  if (number === undefined) throw new Error(`${quantity.value}: must be whole MiB or GiB`);
  return Number(number) * (unit === 'Gi' ? 1024 : 1);
}
