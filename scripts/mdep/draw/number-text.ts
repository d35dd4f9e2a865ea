/** A value in at most 9 characters, e.g. `0.0021`, `31.2`, `1,204`, `1.2e+9`. */
export function numberText(value: number): string {
  if (!Number.isFinite(value)) return 'no value';
  const size = Math.abs(value);
  if (size >= 1e7 || (size > 0 && size < 1e-4)) return value.toExponential(1);
  if (Number.isInteger(value)) return value.toLocaleString('en-US');
  const digits = size >= 1000 ? 0 : size >= 100 ? 1 : size >= 1 ? 2 : 4;
  return value.toLocaleString('en-US', { maximumFractionDigits: digits });
}

/** `at least 100`, `at most 0.01`, `0.4 to 0.6`. */
export function limitText({
  min,
  max,
}: {
  readonly min?: number | undefined;
  readonly max?: number | undefined;
}): string {
  if (min !== undefined && max !== undefined) return `${numberText(min)} to ${numberText(max)}`;
  if (min !== undefined) return `at least ${numberText(min)}`;
  if (max !== undefined) return `at most ${numberText(max)}`;
  return '';
}
