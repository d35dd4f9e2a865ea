import { printable } from '../../../services/shared/printable.ts';

/** Words of the errors that Prometheus gives for a query. Numbers are positions. */
const WORDS = new Set(
  `a absent aggregate aggregation aggregator allowed amount an and any are argument arguments as at avg bad be binary
  bool bottomk brace braces bracket but by call cannot character closing comparisons consecutive contain context count could decimal
  divisible duplicate duration durations either empty end error escape evaluation exactly execution expect expected
  explicit expr expression expressions float for found from function fractional got group group_left group_right group_x
  grouping hand-side has have hexadecimal histogram histograms identifier ignoring in input inside instant integer into
  invalid is it its keyword label labels last least left limit limits literal load many many-to-many many-to-one match
  matched matcher matchers matches matching max maximum memory metric min missing modifier more multiple must name names
  no non-empty not number of offset on one one-to-one only operand operation operator option or outside parameter
  parentheses parenthesis parse parser parsing point positive preceded precision processing provided quantile query quoted
  quotes range ranges regexp repetition right same samples scalar scalars selector selectors sequence series set side size
  start step stddev stdvar steps string subquery sum syntax than the time timed timestamp to token too topk trailing type
  types unclosed unexpected unique unknown unless unterminated utf-8 use used valid value values vector vectors was with
  within without would zero`.split(/\s+/),
);
/** `1:12:`, or `<op:+>`, `<aggr:sum>`, `<by>` for a token of the query. */
const POSITION_OR_TOKEN = /^(\d{1,4}(:\d{1,4})?|[^\p{L}\p{N}]*|<(op|aggr|keyword):\W{1,3}>)$/u;
const MAXIMUM_CHARACTERS = 200;

/**
 * The text of an error, but each word that belongs neither to the language of Prometheus nor to the query becomes `…`. The
 * text may come from a proxy that repeats the request, and a request has credentials.
 */
export function knownWords(text: string, query: string): string {
  const own = new Set(query.split(/[^\p{L}\p{N}_:]+/u));
  // Fragments of the query count only if they are long enough to be no letter of a secret.
  const isKnown = (word: string) =>
    WORDS.has(word.toLowerCase()) || own.has(word) || (word.length >= 4 && query.includes(word));
  const words = printable(text, MAXIMUM_CHARACTERS)
    .split(/\s+/)
    .map((word) => {
      if (POSITION_OR_TOKEN.test(word)) return word;
      const bare = withoutMarks(word);
      const inner = /^<(?:op|aggr):(\w+)>/.exec(word)?.[1];
      return isKnown(bare) || POSITION_OR_TOKEN.test(bare) || (inner !== undefined && isKnown(inner))
        ? word
        : '…';
    });
  return words
    .join(' ')
    .replaceAll(/…(?: …)+/g, '…')
    .trim();
}

/** The word without the punctuation around it. */
function withoutMarks(word: string): string {
  const letters = [...word.matchAll(/[\p{L}\p{N}_]/gu)];
  const last = letters.at(-1);
  return last === undefined ? '' : word.slice(letters[0]?.index, last.index + last[0].length);
}
