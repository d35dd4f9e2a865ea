/**
 * The JSON documents of a text, one after another: one document, one a line, or the pages of a scan that were appended to
 * one file.
 * @throws SyntaxError that names the place
 */
export function jsonDocuments(text: string): unknown[] {
  const documents: unknown[] = [];
  let start = -1;
  let depth = 0;
  let inString = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at] as string;
    if (inString) {
      if (character === '\\') at++;
      else if (character === '"') inString = false;
      continue;
    }
    if (character === '"') inString = true;
    if (character === '{' || character === '[') {
      if (depth++ === 0) start = at;
    } else if (character === '}' || character === ']') {
      if (--depth === 0) documents.push(parseDocument(text, start, at + 1));
    }
    const isBetween = depth === 0 && character !== '}' && character !== ']';
    if (depth < 0 || (isBetween && !/[\s,]/.test(character)))
      throw new SyntaxError(`${placeOf(text, at)} has ${JSON.stringify(character)} outside of a JSON object`);
  }
  if (depth > 0) throw new SyntaxError(`${placeOf(text, start)} begins a JSON document that does not end`);
  return documents;
}

function parseDocument(text: string, start: number, end: number): unknown {
  try {
    return JSON.parse(text.slice(start, end));
  } catch (error) {
    throw new SyntaxError(
      `the JSON document that begins at ${placeOf(text, start)}: ${(error as Error).message}`,
    );
  }
}

function placeOf(text: string, at: number): string {
  return `line ${text.slice(0, at).split('\n').length}`;
}
