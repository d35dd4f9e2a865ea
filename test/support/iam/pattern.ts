/**
 * True if `text` matches `pattern`, in which `*` stands for any text and `?` for one character. Takes time proportional to
 * the product of both lengths at most, whatever the pattern.
 */
export function matchesPattern(pattern: string, text: string): boolean {
  let [at, from] = [0, 0];
  let star: { readonly pattern: number; text: number } | undefined;
  while (at < text.length) {
    if (pattern[from] === '*') {
      star = { pattern: from, text: at };
      from += 1;
    } else if (pattern[from] === '?' || pattern[from] === text[at]) {
      from += 1;
      at += 1;
    } else if (star) {
      star.text += 1;
      from = star.pattern + 1;
      at = star.text;
    } else {
      return false;
    }
  }
  while (pattern[from] === '*') from += 1;
  return from === pattern.length;
}

const ARN_PARTS = 6;

/** True if `arn` matches `pattern`. A wildcard stays within one of the six parts, as in IAM. `*` alone matches all. */
export function matchesArn(pattern: string, arn: string): boolean {
  if (pattern === '*') return true;
  const [wanted, found] = [arnParts(pattern), arnParts(arn)];
  return (
    wanted.length === found.length && wanted.every((part, index) => matchesPattern(part, found[index] ?? ''))
  );
}

/** The sixth part keeps its colons. */
function arnParts(arn: string): string[] {
  const parts = arn.split(':');
  const first = parts.slice(0, ARN_PARTS - 1);
  return parts.length < ARN_PARTS ? first : [...first, parts.slice(ARN_PARTS - 1).join(':')];
}
