import { k8s } from 'cdk8s-plus-27';

/** CPU as the API server writes it, so that applying the same manifest again changes nothing: 2000m is `2`. */
export function millis(value: number): k8s.Quantity {
  return k8s.Quantity.fromString(value % 1000 === 0 ? `${value / 1000}` : `${value}m`);
}

/** Memory or storage as the API server writes it: 1024Mi is `1Gi`. */
export function mebibytes(value: number): k8s.Quantity {
  return k8s.Quantity.fromString(value % 1024 === 0 ? `${value / 1024}Gi` : `${value}Mi`);
}
