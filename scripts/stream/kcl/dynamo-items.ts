import { Refusal } from '../../command-line/usage-error.ts';
import { jsonDocuments } from './json-documents.ts';

/** An item of a DynamoDB table, as its attributes. */
export type DynamoItem = Readonly<Record<string, unknown>>;

const INCOMPLETE = ['LastEvaluatedKey', 'NextToken'];

/**
 * The items of a table dump: the output of `aws dynamodb scan`, its pages one after another or in an array, items alone in
 * an array or one a line, or an export to S3 (`{"Item": …}` a line).
 * @throws Refusal if the text is no such dump, or if its last page says that more pages follow
 */
export function dynamoItems(text: string): DynamoItem[] {
  let documents: unknown[];
  try {
    documents = jsonDocuments(text).flat();
  } catch (error) {
    throw new Refusal(`the dump is not JSON: ${(error as Error).message}`);
  }
  const last = documents.at(-1);
  const sign = isObject(last) && 'Items' in last ? INCOMPLETE.find((key) => last[key] != null) : undefined;
  if (sign !== undefined)
    throw new Refusal(
      `the dump is incomplete: its last page has ${sign}, so more pages follow. Scan the whole table, without --max-items and --no-paginate`,
    );
  return documents.flatMap(itemsOf);
}

function itemsOf(document: unknown, index: number): DynamoItem[] {
  const asked = 'must be the output of `aws dynamodb scan`, or items of the table';
  if (!isObject(document))
    throw new Refusal(`document ${index + 1} of the dump is not an object: it ${asked}`);
  const { Items: items, Item: item } = document;
  if (Array.isArray(items)) return items.map((it, number) => assertItem(it, number + 1));
  if (items !== undefined)
    throw new Refusal(`Items of document ${index + 1} of the dump is not a list: it ${asked}`);
  return [assertItem(item ?? document, index + 1)];
}

function assertItem(item: unknown, number: number): DynamoItem {
  if (!isObject(item)) throw new Refusal(`item ${number} of the dump is not an object of attributes`);
  return item;
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
