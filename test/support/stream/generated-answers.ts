import fc from 'fast-check';

/** JSON text of a string: as JSON.stringify writes it, or with escapes that only some writers use. */
const stringText = fc
  .tuple(
    fc.oneof(
      { weight: 6, arbitrary: fc.stringMatching(/^[0-9]{1,56}$/) },
      { weight: 3, arbitrary: fc.string({ unit: 'binary', maxLength: 12 }) },
      {
        weight: 1,
        arbitrary: fc.constantFrom(
          '',
          '\ud800',
          '\udc00a',
          '\ufeff',
          '\u2028',
          'ü',
          '😀',
          '"Data":"AAAA"',
          '\\"',
        ),
      },
    ),
    fc.constantFrom('plain', 'plain', 'plain', 'slashes', 'numbers'),
  )
  .map(([text, writer]) => {
    const json = JSON.stringify(text);
    if (writer === 'slashes') return json.replaceAll('/', '\\/');
    if (writer === 'plain' || text === '') return json;
    const units = Array.from({ length: text.length }, (_, index) => text.charCodeAt(index));
    return `"${units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('')}"`;
  });

const dataText = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.uint8Array({ maxLength: 40 }).map((data) => `"${Buffer.from(data).toString('base64')}"`),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      ...['""', '"="', '"=="', '"A==="', '"AA=A"', '"AA"', '"AAA"', '"A"', '"AB=="', '"A A="', '"A\\nA="'],
      ...[
        '"-_-_"',
        '"AAA\\/"',
        '"AA\u0001A"',
        '"ÿÿÿÿ"',
        '"\\u0041AAA"',
        '"AA==AA=="',
        '"AA\nAA"',
        '"AAAA\\""',
      ],
    ),
  },
);

const numberText = fc.oneof(
  { weight: 4, arbitrary: fc.nat(4e12).map((milliseconds) => String(milliseconds / 1000)) },
  { weight: 2, arbitrary: fc.double().map((value) => JSON.stringify(value)) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      ...[
        '0',
        '-0',
        '0.0',
        '00',
        '01',
        '-01',
        '1.',
        '.5',
        '+1',
        '-',
        '1e5',
        '1E+5',
        '1e-5',
        '1e',
        '1e+',
        '1.e5',
      ],
      ...[
        '1e400',
        '-1e400',
        '1.7E9',
        '123456789012345',
        '1234567890123456',
        '0.1234567890123456789',
        '1e-400',
      ],
      ...[
        '9007199254740993',
        '0.000000000000001',
        '34560000000',
        '34560000001',
        '-5',
        'NaN',
        'Infinity',
        '0x10',
      ],
    ),
  },
);

const oddText = fc.oneof(
  fc.constantFrom('null', 'true', 'false', '[]', '{}', '[ ]', 'nul', 'nullx', '[{"ShardId":"s"}]', '', '"'),
  fc.integer({ min: 1, max: 40 }).map((depth) => '['.repeat(depth) + ']'.repeat(depth)),
  fc.constantFrom(
    '{"Data":"AAAA","Records":[{"Data":"AAAA"}]}',
    '[{"]}\\"":"[,\\\\"}, -1.5e3]',
    '{"a":1]',
    '[1}',
  ),
  stringText,
  numberText,
);

/** Mostly what belongs there. */
function usually(text: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.oneof({ weight: 12, arbitrary: text }, { weight: 1, arbitrary: oddText });
}

/** Stands for white space until the answer is whole, because a writer has one layout for all of it. */
const GAP = '\u{e000}';

type Member = readonly [name: string, value: string];

function member(name: string, value: fc.Arbitrary<string>): fc.Arbitrary<Member> {
  return value.map((text) => [name, text]);
}

const space = fc.oneof(
  { weight: 20, arbitrary: fc.constant('') },
  { weight: 3, arbitrary: fc.constantFrom(' ', '\n  ', '\t', '\r\n') },
  { weight: 1, arbitrary: fc.constantFrom('\u00a0', '\v', '\ufeff', '\0', '/**/') },
);

/** An object with these members in any order. A member may be missing, there twice, or beside others. */
function objectText(
  members: readonly fc.Arbitrary<Member>[],
  others: fc.Arbitrary<Member>,
): fc.Arbitrary<string> {
  const oneOrder = fc.oneof(
    { weight: 10, arbitrary: fc.constant((all: readonly Member[]) => all) },
    { weight: 1, arbitrary: fc.constant((all: readonly Member[]) => all.slice(1)) },
    { weight: 1, arbitrary: fc.constant((all: readonly Member[]) => [...all, all[0] as Member]) },
    { weight: 1, arbitrary: fc.constant((all: readonly Member[]) => [...all, all[1] as Member]) },
    { weight: 2, arbitrary: others.map((other) => (all: readonly Member[]) => [other, ...all]) },
  );
  return fc
    .tuple(fc.tuple(...members), oneOrder, fc.nat(members.length), fc.boolean())
    .map(([all, arrange, first, isReversed]) => {
      const turned = [...all.slice(first), ...all.slice(0, first)];
      const arranged = arrange(isReversed ? turned.reverse() : turned);
      const written = arranged.map(([name, value]) => `"${name}"${GAP}:${GAP}${value}`);
      return `{${GAP}${written.join(`${GAP},${GAP}`)}${GAP}}`;
    });
}

const otherMember: fc.Arbitrary<Member> = fc.tuple(
  fc.constantFrom(
    ...[
      'EncryptionType',
      'EncryptionType',
      'ChildShards',
      'ChildShards',
      'Dat\\u0061',
      'data',
      'Data',
      'Data ',
    ],
    ...['', '__proto__', 'toString', 'Datä', 'Records', 'SequenceNumber', 'Ne\\"w', 'New\\'],
  ),
  oddText,
);

const recordText = objectText(
  [
    member('ApproximateArrivalTimestamp', usually(numberText)),
    member('Data', usually(dataText)),
    member('PartitionKey', usually(stringText)),
    member('SequenceNumber', usually(fc.stringMatching(/^[0-9]{1,56}$/).map((digits) => `"${digits}"`))),
  ],
  otherMember,
);

/** Texts of answers of GetRecords: most are answers of Kinesis, and some are nearly so. */
const answerText: fc.Arbitrary<string> = fc
  .tuple(
    objectText(
      [
        member('MillisBehindLatest', usually(fc.oneof(fc.nat().map(String), numberText))),
        member('NextShardIterator', usually(fc.base64String({ maxLength: 12 }).map((text) => `"${text}"`))),
        member('Records', usually(fc.array(recordText, { maxLength: 3 }).map((all) => `[${all.join()}]`))),
      ],
      otherMember,
    ),
    space,
  )
  .map(([text, gap]) => text.replaceAll(GAP, gap));

const byte = fc.oneof(
  fc.constantFrom(
    ...Buffer.from('"\\{}[]:,/=+-. \n\t0019eEnuA'),
    0,
    0x1f,
    0x7f,
    0x80,
    0xbf,
    0xc3,
    0xe2,
    0xf0,
    0xff,
  ),
  fc.nat(255),
);

/** A change of bytes: some are cut out, and others or a part of the text stand in their place. */
const change = fc.record({
  at: fc.nat(),
  cut: fc.constantFrom(0, 0, 1, 1, 1, 2, 7),
  put: fc.array(byte, { maxLength: 2 }),
  copied: fc.option(fc.record({ from: fc.nat(), bytes: fc.nat(120) })),
});

/** Answers as bytes, some of them damaged or cut off. */
export const answerBytes: fc.Arbitrary<Buffer> = fc
  .tuple(
    answerText,
    fc.oneof(
      { weight: 1, arbitrary: fc.constant([]) },
      { weight: 2, arbitrary: fc.array(change, { maxLength: 3 }) },
    ),
    fc.option(fc.nat(), { freq: 8 }),
  )
  .map(([text, changes, end]) => {
    let bytes = Buffer.from(text);
    for (const { at, cut, put, copied } of changes) {
      const place = at % (bytes.length + 1);
      const from = copied === null ? 0 : copied.from % (bytes.length + 1);
      const part = copied === null ? [] : bytes.subarray(from, from + copied.bytes);
      bytes = Buffer.concat([
        bytes.subarray(0, place),
        Buffer.from(put),
        Buffer.from(part),
        bytes.subarray(place + cut),
      ]);
    }
    return end === null ? bytes : bytes.subarray(0, end % (bytes.length + 1));
  });
