const LONGEST_WORDS = 25;

/** Sentences of a plain text that have too many words to be read once. */
export function longSentences(text: string): string[] {
  return text
    .split(/(?<=[.!?:])\s+/)
    .filter((sentence) => sentence.split(/\s+/).filter((word) => /\w/.test(word)).length > LONGEST_WORDS);
}
