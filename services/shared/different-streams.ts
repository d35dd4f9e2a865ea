import { z } from 'zod';
import { ALWAYS } from './config.ts';
import { parseStream, type StreamReference } from './stream-reference.ts';

interface StreamProblem {
  /** The setting to change. */
  readonly key: string;
  readonly message: string;
}

/**
 * What is wrong with the streams of one process, which must be different and in one region.
 * @param streams the value of each setting. A value that is no stream is left to the rule of its own setting.
 * @param region the name and the value of the region's setting
 */
export function streamProblems(
  streams: Readonly<Record<string, string | undefined>>,
  region: { readonly key: string; readonly value: string },
): StreamProblem[] {
  const given = Object.entries(streams).flatMap(([key, text = '']) => {
    const stream = parseStream(text);
    return stream === undefined ? [] : [{ key, text, stream }];
  });
  const distant = given.flatMap(({ key, text, stream: { home } }) =>
    home === undefined || home.region === region.value
      ? []
      : [
          {
            key,
            message: `${text} is in ${home.region}, but ${region.key} is ${region.value}: give one region`,
          },
        ],
  );
  const equal = given.flatMap(({ key, text, stream }, index) =>
    given
      .slice(0, index)
      .filter((other) => mayBeSame(stream, other.stream))
      .map((other) => ({ key, message: equalMessage(text, other) })),
  );
  return [...distant, ...equal];
}

/**
 * A rule of a schema with several settings that give streams.
 * @param region the name of the region's setting
 */
export function differentStreams(keys: readonly string[], region: string) {
  const check = (values: Readonly<Record<string, unknown>>, context: z.core.$RefinementCtx): void => {
    const textOf = (key: string) => (typeof values[key] === 'string' ? values[key] : '');
    const streams = Object.fromEntries(keys.map((key) => [key, textOf(key)]));
    for (const { key, message } of streamProblems(streams, { key: region, value: textOf(region) }))
      context.addIssue({ code: 'custom', path: [key], message });
  };
  // The generated page of settings shows the rule. The check itself gives each issue its own message.
  const rule = { error: `${keys.join(', ')} must be different streams, in the region of ${region}` };
  return z.superRefine(check, { ...ALWAYS, ...rule });
}

/**
 * A name says no account. Only a call could tell whether an ARN of that name gives the same stream, so a name and such
 * an ARN count as one stream. Two ARNs say whether they do.
 */
function mayBeSame(one: StreamReference, other: StreamReference): boolean {
  const isNamed = one.home === undefined || other.home === undefined;
  return one.name === other.name && (isNamed || one.home.account === other.home.account);
}

function equalMessage(text: string, other: { readonly key: string; readonly text: string }): string {
  return text === other.text
    ? `${text} is also ${other.key}: give each a stream of its own`
    : `${text} may be the stream of ${other.key}, ${other.text}: give another stream, or both as ARNs`;
}
