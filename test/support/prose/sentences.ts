/** A word that ends in a full stop without ending its sentence. */
const ABBREVIATIONS = new Set(['e.g.', 'i.e.', 'cf.', 'vs.', 'approx.', 'no.', 'etc.']);

/** Closes a sentence: a stop, with the brackets and quotes that it stands in. */
const SENTENCE_END = /[.!?]["'”’)\]]*$/;

/** Opens a sentence: a capital, a digit, a code span, or a bracket or quote before one of them. */
const SENTENCE_START = /^["'“‘([]*[\p{Lu}\d`]/u;

/** The sentences of one paragraph of plain text. A stop ends a sentence only if the next word can open another. */
export function splitSentences(paragraph: string): string[] {
  const sentences: string[][] = [[]];
  const tokens = paragraph.split(/\s+/).filter((token) => token !== '');
  for (const [index, token] of tokens.entries()) {
    sentences.at(-1)?.push(token);
    const next = tokens[index + 1];
    if (next !== undefined && endsSentence(token) && SENTENCE_START.test(next)) sentences.push([]);
  }
  return sentences.map((sentence) => sentence.join(' ')).filter((sentence) => sentence !== '');
}

function endsSentence(token: string): boolean {
  const bare = token.replace(/^["'“‘([]+/, '').replace(/["'”’)\]]+$/, '');
  return SENTENCE_END.test(token) && !ABBREVIATIONS.has(bare.toLowerCase());
}

/** Words are what holds a letter or a digit; arrows, dashes and operators are none. */
export function countWords(sentence: string): number {
  return sentence.split(/\s+/).filter((token) => /[\p{L}\p{N}]/u.test(token)).length;
}

/** Sentences of a plain text that have more than `maximumWords` words. */
export function longSentences(text: string, maximumWords: number): string[] {
  return splitSentences(text).filter((sentence) => countWords(sentence) > maximumWords);
}
