/** `aws`, `aws-cn` or `aws-us-gov`. */
export function partition({ region }: { readonly region: string }): string {
  if (region.startsWith('cn-')) return 'aws-cn';
  return region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
}
