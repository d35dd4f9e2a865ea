const FENCE = /^\s*(?:```|~~~)/;
const HEADING = /^#{1,6}\s+(.*?)\s*#*\s*$/;
const CODE_SPAN = /(`+)(?!`).+?(?<!`)\1(?!`)/g;
const LIST_ITEM = /^\s*(?:[-*+]|\d+[.)])\s+/;

/** A link or picture in Markdown, with the line on which it stands. */
export interface Link {
  readonly target: string;
  readonly line: number;
}

/**
 * The paragraphs of a Markdown text as plain text: each list item is one of its own, tables and code blocks are left
 * out. A code span counts as one word, which may open a sentence.
 */
export function paragraphs(markdown: string): string[] {
  const found: string[] = [];
  let open: string[] = [];
  const close = () => {
    if (open.length > 0) found.push(plainText(open.join(' ')));
    open = [];
  };
  for (const line of proseLines(markdown)) {
    const text = line.replace(/^\s*>\s?/, '');
    const heading = HEADING.exec(text);
    if (text.trim() === '' || text.trimStart().startsWith('|') || heading || LIST_ITEM.test(text)) close();
    if (text.trimStart().startsWith('|')) continue;
    if (heading) found.push(plainText(heading[1] ?? ''));
    else if (text.trim() !== '') open.push(text.replace(LIST_ITEM, '').trim());
  }
  close();
  return found.filter((paragraph) => paragraph !== '');
}

/** Every link and picture outside of code. */
export function links(markdown: string): Link[] {
  return proseLines(markdown).flatMap((line, index) =>
    [...withoutCode(line).matchAll(/\]\(<?([^()\s<>]+)>?(?:\s+"[^"]*")?\)/g)].map(([, target]) => ({
      target: target ?? '',
      line: index + 1,
    })),
  );
}

/** What stands in code spans, outside of code blocks. */
export function codeSpans(markdown: string): string[] {
  return proseLines(markdown).flatMap((line) =>
    [...line.matchAll(CODE_SPAN)].map(([span]) => span.replace(/^`+\s?|\s?`+$/g, '')),
  );
}

/** The anchors to which a link into the text may lead, as GitHub makes them of headings. */
export function anchors(markdown: string): Set<string> {
  const found = new Set<string>();
  for (const line of proseLines(markdown)) {
    const heading = HEADING.exec(line)?.[1];
    if (heading === undefined) continue;
    const slug = slugOf(heading);
    let unique = slug;
    for (let count = 1; found.has(unique); count++) unique = `${slug}-${count}`;
    found.add(unique);
  }
  return found;
}

/** The lines with code blocks and comments blanked, so that line numbers hold. */
function proseLines(markdown: string): string[] {
  let fenced = false;
  const uncommented = markdown.replace(/<!--.*?-->/gs, (comment) => comment.replace(/[^\n]/g, ''));
  return uncommented.split('\n').map((line) => {
    const isFence = FENCE.test(line);
    const hidden = fenced || isFence;
    if (isFence) fenced = !fenced;
    return hidden ? '' : line;
  });
}

/** GitHub keeps letters, digits, hyphens and underscores, and makes a hyphen of each space. */
function slugOf(heading: string): string {
  return heading
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replace(/\s/g, '-');
}

function plainText(markdown: string): string {
  const spans: string[] = [];
  const kept = markdown.replace(CODE_SPAN, (span) => `\0${spans.push(span) - 1}\0`);
  return kept
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/(\*\*|\*|__)(?=\S)(.+?)(?<=\S)\1/g, '$2')
    .replace(/\0(\d+)\0/g, (_, index: string) => (spans[Number(index)] ?? '').replace(/\s/g, '␣'))
    .trim();
}

/** A code span holds dots, brackets and stars that mean nothing to the text around it. */
function withoutCode(markdown: string): string {
  return markdown.replace(CODE_SPAN, '');
}
