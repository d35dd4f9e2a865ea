const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/** A filled part of `width` characters, exact to an eighth. A share above 0 is never invisible, and one below 1 is never full. */
function bar(share: number, width: number): string {
  const parts = width * 8;
  const exact = Math.min(1, Math.max(0, share)) * parts;
  const filled = exact > 0 && exact < parts ? Math.min(parts - 1, Math.max(1, Math.round(exact))) : exact;
  return '█'.repeat(Math.floor(filled / 8)) + (EIGHTHS[filled % 8] ?? '');
}

/** The same beside what is missing. A share above 1 ends with an arrow. */
export function meter(share: number, width: number): { readonly filled: string; readonly rest: string } {
  if (width === 0) return { filled: '', rest: '' };
  const filled = share > 1 ? `${bar(1, width - 1)}▶` : bar(share, width);
  return { filled, rest: '·'.repeat(width - [...filled].length) };
}

/** Whole characters of `width` that stand for the percentage. Between 0 and 100 neither side is empty. */
export function cells(percent: number, width: number): number {
  if (percent <= 0 || percent >= 100) return percent <= 0 ? 0 : width;
  return Math.min(width - 1, Math.max(1, Math.round((percent / 100) * width)));
}
