import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { PendingEntries } from '../../../../services/stream/write/pending-entries.ts';
import { propertyCases } from '../../../support/property-cases.ts';

const data = new Uint8Array();

test('drops the entries that are stored and keeps the others in order, whichever they are', () => {
  fc.assert(
    fc.property(fc.array(fc.array(fc.boolean())), (answers) => {
      const isStored = (answer: readonly boolean[], index: number) => answer[index] ?? true;
      let expected = Array.from({ length: 20 }, (_, index) => ({ partitionKey: `${index}`, data }));
      const pending = new PendingEntries(expected);
      for (const answer of answers) {
        pending.drop([...expected.keys()].filter((index) => isStored(answer, index)));
        expected = expected.filter((_, index) => !isStored(answer, index));
        expect(pending.entries).toEqual(expected);
      }
    }),
    { numRuns: propertyCases(200) },
  );
});
